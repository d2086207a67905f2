//! The client side: WebSocket links for a venue thread, and HTTP.
