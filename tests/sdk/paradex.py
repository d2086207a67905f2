"""The official Paradex Python SDK, unmodified, trades against the simulated venue.

    python tests/sdk/paradex.py FILE

FILE is what `hedge-fast sim --json-market-data --env-out FILE` wrote. Every promise that holds prints `ok <promise>`; the first
one that does not ends the run with a sentence and exit code 1. Positions and orders are left as they were found: none.
"""

import asyncio
import sys
import time
from collections import defaultdict
from decimal import Decimal

from paradex_py import Paradex
from paradex_py.api.generated import responses
from paradex_py.api.ws_client import ParadexWebsocketChannel as Channel
from paradex_py.common.order import Order, OrderSide, OrderType

BTC = "BTC-USD-PERP"
SIZE = Decimal("0.002")
TICK = Decimal("0.1")
PATIENCE_S = 5.0
LOOK_EVERY_S = 0.1


class Broken(Exception):
    """A promise that does not hold, in a sentence."""


def expect(held, sentence):
    if not held:
        raise Broken(sentence)


def read_env(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.strip().split("=", 1) for line in file if "=" in line)


async def eventually(look, sentence):
    """Looks until the answer is truthy; a retail order waits about 300 ms before it trades."""
    for _ in range(round(PATIENCE_S / LOOK_EVERY_S)):
        await asyncio.sleep(LOOK_EVERY_S)
        found = look()
        if found:
            return found
    raise Broken(sentence)


def fits(model, answer, what):
    """The SDK's own generated model takes the answer."""
    try:
        model.model_validate(answer)
    except ValueError as cause:
        raise Broken(f"{what} does not fit the SDK's model {model.__name__}: {cause}") from cause


class Desk:
    """One account with the SDK's own clients."""

    def __init__(self, env):
        self.env = env
        self.paradex = self.new_client(sbe=True)
        self.api = self.paradex.api_client
        self.ws = self.paradex.ws_client
        self.heard = defaultdict(list)
        self.number = 0

    def new_client(self, sbe):
        ws_url = self.env["PARADEX_WS_URL"]
        return Paradex(
            env="prod", api_base_url=self.env["PARADEX_REST_URL"], ws_url_override=ws_url, ws_direct_url_override=ws_url,
            l1_address=self.env["PARADEX_L1_ADDRESS"], l2_private_key=self.env["PARADEX_L2_PRIVATE_KEY"],
            auth_params={"token_usage": "interactive"}, ws_sbe_enabled=sbe, enable_ws_compression=False,
            retry_strategy=None, disable_reconnect=True,
        )

    async def hear(self, _channel, message):
        self.heard[message["params"]["channel"]].append(message["params"]["data"])

    def touch(self):
        bbo = self.api.fetch_bbo(BTC)
        return Decimal(bbo["bid"]), Decimal(bbo["ask"])

    def order(self, side, price, instruction, size=SIZE, reduce_only=False, **more):
        self.number += 1
        client_id = more.pop("client_id", f"sdk-{time.time_ns()}-{self.number}")
        return Order(
            market=BTC, order_type=OrderType.Limit, order_side=side, size=size, limit_price=price.quantize(TICK),
            client_id=client_id, instruction=instruction, reduce_only=reduce_only, **more,
        )

    def resting(self):
        """A bid far enough below the market to rest."""
        return self.order(OrderSide.Buy, self.touch()[0] * Decimal("0.97"), "GTC")

    def ended(self, client_id):
        history = self.api.fetch_orders_history({"market": BTC, "client_id": client_id})["results"]
        return next((order for order in history if order["status"] == "CLOSED"), None)

    def open_ids(self):
        return [order["id"] for order in self.api.fetch_orders({"market": BTC})["results"] if order["status"] == "OPEN"]

    def position(self):
        held = [p for p in self.api.fetch_positions()["results"] if p["market"] == BTC and p["status"] == "OPEN"]
        return Decimal(held[0]["size"]) if held else Decimal(0)


async def signs_in_and_finds_its_account(desk):
    address = hex(desk.paradex.account.l2_address)
    expect(int(address, 16) == int(desk.env["PARADEX_L2_ADDRESS"], 16), f"the SDK derives another account: {address}")
    expect(desk.paradex.account.jwt_token.count(".") == 2, "the token is no JWT")
    desk.api.onboarding()
    desk.api.auth({"token_usage": "interactive"})
    expect(desk.api.fetch_account_summary().account.lower() == address.lower(), "the account answers for another one")


async def reads_configuration_time_and_state(desk):
    config = desk.api.fetch_system_config()
    expect(config.starknet_chain_id.startswith("PRIVATE_SN"), f"chain id {config.starknet_chain_id}")
    now = int(desk.api.fetch_system_time()["server_time"])
    expect(abs(now - time.time() * 1000) < 5_000, f"the venue's time is {now}")
    expect(desk.api.fetch_system_state()["status"] == "ok", "the venue is not ok")


async def reads_markets_book_and_touch(desk):
    market = desk.api.fetch_markets({"market": BTC})["results"][0]
    fits(responses.MarketResp, market, "the market")
    fits(responses.MarketSummaryResp, desk.api.fetch_markets_summary({"market": BTC})["results"][0], "the summary")
    fits(responses.BBOResp, desk.api.fetch_bbo(BTC), "the touch")
    fits(responses.AskBidArray, desk.api.fetch_orderbook(BTC, {"depth": 15}), "the book")
    bid, ask = desk.touch()
    expect(bid < ask, f"the touch is crossed: {bid} {ask}")


async def reads_account_and_balances(desk):
    summary = desk.api.fetch_account_summary()
    expect(Decimal(str(summary.free_collateral)) > 0, f"free collateral is {summary.free_collateral}")
    fits(responses.BalanceResp, desk.api.fetch_balances()["results"][0], "the balance")
    fits(responses.AccountInfoResponse, desk.api.fetch_account_info()["results"][0], "the account info")


async def hears_the_touch_in_sbe(desk):
    expect(await desk.ws.connect(), "the WebSocket does not connect")
    await desk.ws.subscribe(Channel.BBO, desk.hear, {"market": BTC})
    await eventually(lambda: desk.heard[f"bbo.{BTC}"], "no touch within five seconds")
    fits(responses.BBOResp, {key: str(value) for key, value in desk.heard[f"bbo.{BTC}"][-1].items()
                             if key in ("bid", "ask", "bid_size", "ask_size", "market")}
         | {"last_updated_at": 1, "seq_no": 1}, "the touch in SBE")


async def hears_the_touch_in_json(desk):
    plain, heard = desk.new_client(sbe=False), []

    async def hear(_channel, message):
        heard.append(message["params"]["data"])

    expect(await plain.ws_client.connect(), "the plain WebSocket does not connect")
    await plain.ws_client.subscribe(Channel.BBO, hear, {"market": BTC})
    touch = (await eventually(lambda: heard, "no touch in JSON within five seconds"))[-1]
    expect(isinstance(touch["bid"], str) and Decimal(touch["bid"]) < Decimal(touch["ask"]), f"not a touch: {touch}")
    await plain.ws_client.close()


async def hears_of_its_own_affairs(desk):
    for channel, given in [(Channel.ORDERS, {"market": "ALL"}), (Channel.FILLS, {"market": "ALL"}),
                           (Channel.POSITIONS, {}), (Channel.ACCOUNT, {}), (Channel.BALANCE_EVENTS, {})]:
        await desk.ws.subscribe(channel, desk.hear, given)
    expect(all(desk.ws.get_subscriptions().values()), f"not all confirmed: {desk.ws.get_subscriptions()}")


async def an_immediate_order_over_http_fills(desk):
    before, ask = desk.position(), desk.touch()[1]
    order = desk.order(OrderSide.Buy, ask * Decimal("1.003"), "IOC", recv_window=2_000)
    answer = await asyncio.to_thread(desk.api.submit_order, order)
    fits(responses.OrderResp, answer, "the order")
    await eventually(lambda: desk.ended(order.client_id), "the order does not end")
    expect(desk.position() == before + SIZE, f"the position is {desk.position()}")
    await eventually(lambda: desk.heard["fills.ALL"] and desk.heard["positions"], "no news of the fill")


async def an_immediate_order_over_the_socket_fills(desk):
    before, bid = desk.position(), desk.touch()[0]
    order = desk.order(OrderSide.Sell, bid * Decimal("0.997"), "IOC", reduce_only=True)
    await desk.ws.submit_order(order)
    await eventually(lambda: desk.ended(order.client_id), "the order does not end")
    expect(desk.position() == before - SIZE, f"the position is {desk.position()}")


async def a_resting_order_is_found_modified_and_cancelled(desk):
    order = desk.resting()
    placed = await asyncio.to_thread(desk.api.submit_order, order)
    await eventually(lambda: placed["id"] in desk.open_ids(), "the order does not rest")
    expect(desk.api.fetch_order(placed["id"])["status"] == "OPEN", "the order is not found by its id")
    expect(desk.api.fetch_order_by_client_id(order.client_id)["id"] == placed["id"], "not found by its client id")
    price = (order.limit_price * Decimal("0.99")).quantize(TICK)
    changed = desk.order(OrderSide.Buy, price, "GTC", size=SIZE * 2, client_id=order.client_id, order_id=placed["id"])
    await asyncio.to_thread(desk.api.modify_order, placed["id"], changed)
    await eventually(lambda: Decimal(desk.api.fetch_order(placed["id"])["size"]) == SIZE * 2, "the order is not modified")
    await asyncio.to_thread(desk.api.cancel_order, placed["id"])
    ended = await eventually(lambda: desk.ended(order.client_id), "the cancelled order does not end")
    expect(ended["remaining_size"] == ended["size"], f"something was filled: {ended}")


async def a_resting_order_is_cancelled_by_its_client_id(desk):
    order = desk.resting()
    placed = await asyncio.to_thread(desk.api.submit_order, order)
    await eventually(lambda: placed["id"] in desk.open_ids(), "the order does not rest")
    await asyncio.to_thread(desk.api.cancel_order_by_client_id, order.client_id)
    await eventually(lambda: desk.ended(order.client_id), "the cancelled order does not end")


async def orders_are_placed_and_cancelled_over_the_socket(desk):
    order = desk.resting()
    placed = await desk.ws.submit_order(order)
    number = (placed.get("order") or placed)["id"]
    await eventually(lambda: number in desk.open_ids(), "the order does not rest")
    await desk.ws.cancel_on_disconnect(True)
    await desk.ws.cancel_order(number)
    await eventually(lambda: desk.ended(order.client_id), "the cancelled order does not end")


async def a_batch_is_placed_and_cancelled_together(desk):
    batch = [desk.resting() for _ in range(3)]
    placed = await asyncio.to_thread(desk.api.submit_orders_batch, batch)
    ids = [order["id"] for order in placed["orders"]]
    expect(len(ids) == 3, f"not all were taken: {placed}")
    await eventually(lambda: set(ids) <= set(desk.open_ids()), "the batch does not rest")
    await asyncio.to_thread(desk.api.cancel_orders_batch, ids)
    await eventually(lambda: not desk.open_ids(), "the batch is not cancelled")
    await asyncio.to_thread(desk.api.submit_order, desk.resting())
    await eventually(desk.open_ids, "the order does not rest")
    await asyncio.to_thread(desk.api.cancel_all_orders, {"market": BTC})
    await eventually(lambda: not desk.open_ids(), "cancelling all leaves orders")


async def fills_orders_and_positions_are_listed(desk):
    fills = desk.api.fetch_fills({"market": BTC})["results"]
    expect(fills, "no fills are listed")
    fits(responses.FillResult, fills[0], "the fill")
    expect(len(desk.api.fetch_orders_history({"market": BTC})["results"]) >= 8, "orders are missing in the history")
    fits(responses.PositionResp, desk.api.fetch_positions()["results"][0], "the position")
    expect(desk.position() == 0, f"the position is {desk.position()}")


async def a_forged_order_is_refused(desk):
    order = desk.resting()
    order.signature = desk.paradex.account.sign_order(order)
    order.size = SIZE * 3
    try:
        desk.api._post_authorized(path="orders", payload=order.dump_to_dict())
    except Exception as refusal:  # the SDK raises a bare Exception
        expect("SIGNATURE" in str(refusal).upper(), f"refused for another reason: {refusal}")
        return
    raise Broken("an order with another size than the signed one was taken")


PROMISES = [
    signs_in_and_finds_its_account,
    reads_configuration_time_and_state,
    reads_markets_book_and_touch,
    reads_account_and_balances,
    hears_the_touch_in_sbe,
    hears_the_touch_in_json,
    hears_of_its_own_affairs,
    an_immediate_order_over_http_fills,
    an_immediate_order_over_the_socket_fills,
    a_resting_order_is_found_modified_and_cancelled,
    a_resting_order_is_cancelled_by_its_client_id,
    orders_are_placed_and_cancelled_over_the_socket,
    a_batch_is_placed_and_cancelled_together,
    fills_orders_and_positions_are_listed,
    a_forged_order_is_refused,
]


async def main(path):
    desk = Desk(read_env(path))
    for promise in PROMISES:
        words = promise.__name__.replace("_", " ")
        try:
            await promise(desk)
        except Broken as broken:
            sys.exit(f"BROKEN {words}: {broken}")
        print(f"ok {words}", flush=True)
    await desk.ws.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1]))
