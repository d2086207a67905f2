//! Paradex binary frames: layouts, headers, every value as wire integer and as the official decoder tells it, and back.

use super::case::Case;
use hedge_fast::domain::Side;
use hedge_fast::venue::paradex::sbe::{
    FieldValue, Header, LAYOUTS, Layout, Levels, Message, NEWEST_VERSION, Position, decode, encode,
};
use serde_json::{Map, Value, json};

/// The checks of the binary encoding by file name.
pub const CHECKS: &[(&str, super::super::Check)] = &[("sbe.json", sbe), ("sbe_captured.json", captured)];

fn sbe(file: &Value) -> usize {
    let file = Case::file("sbe.json", file);
    let layouts = file.table("layouts");
    for (name, case) in &layouts {
        check_layout(name, case);
    }
    for ours in LAYOUTS {
        file.holds(
            &format!("{} is an official message", ours.name),
            layouts.iter().any(|(name, _)| *name == ours.name),
        );
    }
    let (frames, refused) = (file.list("frames"), file.list("must_reject"));
    frames.iter().for_each(check_frame);
    refused.iter().for_each(check_refused);
    layouts.len() + frames.len() + refused.len()
}

fn captured(file: &Value) -> usize {
    let file = Case::file("sbe_captured.json", file);
    let (frames, texts) = (file.list("frames"), file.list("text"));
    frames.iter().for_each(check_frame);
    for text in &texts {
        let parsed: Value = text.accepted("JSON", serde_json::from_str(text.as_text()));
        text.same("protocol", &parsed["jsonrpc"], &json!("2.0"));
    }
    frames.len() + texts.len()
}

fn check_layout(name: &str, case: &Case<'_>) {
    let ours = LAYOUTS.iter().find(|ours| ours.name == name);
    let ours = ours.unwrap_or_else(|| panic!("{}: no such message", case.place()));
    case.same("template", u64::from(ours.template_id), case.uint("template_id"));
    let block = case.list("v2_block");
    case.same("number of fields", ours.block.len(), block.len());
    for (field, official) in ours.block.iter().zip(&block) {
        official.same("name", camel_case(field.name).as_str(), official.text("field"));
        official.same("offset", field.offset as u64, official.uint("offset"));
        official.same("size", field.size as u64, official.uint("size"));
    }
    for (version, length) in case.table("block_length") {
        let number: u16 = length.accepted("version", version.parse());
        let official = length.value().as_u64();
        length.same("block length", Some(ours.block_length(number) as u64), official);
    }
}

fn check_frame(case: &Case<'_>) {
    let frame = case.accepted("hex", hex::decode(case.text("hex")));
    let header = check_header(case, &frame);
    let message = case.accepted("frame", decode(&frame));
    case.same("template", message.template_id(), header.template_id);
    if let Some(raw) = case.value().get("raw") {
        check_raw(case, &message, raw);
    }
    let official = case.field("sdk");
    if !official.value().is_null() {
        check_told(&official, &message);
        case.same("channel", channel(&message).as_deref(), case.field("sdk_channel").value().as_str());
    }
    check_written_again(case, &frame, header, &message);
}

fn check_header(case: &Case<'_>, frame: &[u8]) -> Header {
    let (header, official) = (case.accepted("header", Header::read(frame)), case.field("header"));
    let fields = [
        ("block_length", header.block_length),
        ("template_id", header.template_id),
        ("schema_id", header.schema_id),
        ("version", header.version),
    ];
    for (name, ours) in fields {
        official.same(name, u64::from(ours), official.uint(name));
    }
    header
}

/// The integers of the wire under the schema's names. A field the file does not list is one that the frame lacks.
fn check_raw(case: &Case<'_>, message: &Message<'_>, raw: &Value) {
    let mut ours: Map<String, Value> =
        message.fields().into_iter().map(|(name, value)| (camel_case(name), raw_value(value))).collect();
    if let Message::Book(book) = message {
        ours.insert("bids".to_owned(), raw_levels(&book.bids));
        ours.insert("asks".to_owned(), raw_levels(&book.asks));
    }
    let official = raw.as_object().unwrap_or_else(|| panic!("{}: raw is not an object", case.place()));
    for (name, value) in official {
        case.same(name, ours.get(name), Some(value));
    }
    for (name, value) in ours.iter().filter(|(name, _)| !official.contains_key(*name)) {
        case.holds(&format!("{name} is absent"), value.is_null() || value == "");
    }
}

fn raw_value(value: FieldValue<'_>) -> Value {
    match value {
        FieldValue::None => Value::Null,
        FieldValue::Integer(number) => integer(number),
        FieldValue::Decimal8(mantissa) | FieldValue::Decimal12(mantissa) => json!(mantissa),
        FieldValue::Micros(micros) => json!(micros),
        FieldValue::Code(byte, _) | FieldValue::Flags(byte, _) => json!(byte),
        FieldValue::Account(bytes) => json!(felt_text(bytes)),
        FieldValue::Text(text) => json!(text),
    }
}

/// JSON numbers here are at most 64 bits wide, as the fields are.
fn integer(number: i128) -> Value {
    u64::try_from(number)
        .map_or_else(|_| json!(i64::try_from(number).expect("64 bits")), |number| json!(number))
}

fn raw_levels(levels: &Levels<'_>) -> Value {
    levels.iter().map(|level| json!([level.price.units(), level.size.units()])).collect()
}

/// Every value as the official decoder tells it, and no value more. Of a long book the file gives only the outline.
fn check_told(official: &Case<'_>, message: &Message<'_>) {
    let mut ours = as_the_sdk_tells(message);
    if official.value().get("bids_len").is_some() {
        ours = outline(&ours["bids"]);
    }
    for (name, value) in &ours {
        official.same(name, Some(value), official.value().get(name));
    }
    official.same("number of values", Some(ours.len()), official.value().as_object().map(Map::len));
}

fn outline(bids: &Value) -> Map<String, Value> {
    let prices: Vec<_> = bids.as_array().into_iter().flatten().map(|level| level[0].clone()).collect();
    let mut told = Map::new();
    told.insert("bids_len".to_owned(), json!(prices.len()));
    told.insert("first".to_owned(), prices.first().cloned().unwrap_or_default());
    told.insert("last".to_owned(), prices.last().cloned().unwrap_or_default());
    told
}

/// The message in the words of the official decoder: milliseconds, decimal texts, signed positions.
fn as_the_sdk_tells(message: &Message<'_>) -> Map<String, Value> {
    let mut told = Map::new();
    for (name, value) in message.fields() {
        let name = match name {
            "ts" => "timestamp",
            "seq" => "seq_no",
            other => other,
        };
        told.insert(name.to_owned(), sdk_value(name, value));
    }
    match message {
        Message::Book(book) => {
            told.insert("bids".to_owned(), sdk_levels(&book.bids));
            told.insert("asks".to_owned(), sdk_levels(&book.asks));
        }
        Message::Position(position) => tell_position(position, &mut told),
        Message::Order(_) => tell_request(&mut told),
        _ => {}
    }
    told
}

fn sdk_value(name: &str, value: FieldValue<'_>) -> Value {
    match value {
        FieldValue::Decimal8(mantissa) => json!(decimal(mantissa, 8)),
        FieldValue::Decimal12(mantissa) => json!(decimal(mantissa, 12)),
        FieldValue::Micros(micros) => json!(micros.div_euclid(1_000)),
        FieldValue::Code(_, word) => match (name, word) {
            ("asset_kind", Some(word)) => json!(format!("ASSET_KIND_{word}")),
            ("source", Some(word)) => json!(format!("SOURCE_{word}")),
            (_, word) => json!(word),
        },
        FieldValue::Flags(byte, words) => {
            words.iter().filter(|(bit, _)| byte >> bit & 1 == 1).map(|(_, word)| *word).collect()
        }
        plain => raw_value(plain),
    }
}

fn sdk_levels(levels: &Levels<'_>) -> Value {
    let texts = levels.iter().map(|level| [decimal(level.price.units(), 8), decimal(level.size.units(), 8)]);
    texts.map(|level| json!(level)).collect()
}

fn tell_position(position: &Position<'_>, told: &mut Map<String, Value>) {
    if let Some(size) = position.signed_size() {
        told["size"] = json!(decimal(size.units(), 8));
    }
    told["side"] = match position.side.known() {
        Some(Side::Buy) => json!("LONG"),
        Some(Side::Sell) => json!("SHORT"),
        None => Value::Null,
    };
}

fn tell_request(told: &mut Map<String, Value>) {
    let mut part = |name: &str| told.remove(name).unwrap_or_default();
    let (status, kind) = (part("request_status"), part("request_type"));
    let (id, message) = (part("request_id"), part("request_message"));
    let none = |word: &Value| word.is_null() || word == "UNSPECIFIED";
    let info = if none(&status) && none(&kind) {
        Value::Null
    } else {
        json!({ "id": id, "message": message, "request_type": kind, "status": status })
    };
    told.insert("request_info".to_owned(), info);
}

fn channel(message: &Message<'_>) -> Option<String> {
    Some(match message {
        Message::Trade(body) => format!("trades.{}", body.market),
        Message::Bbo(body) => format!("bbo.{}", body.market),
        Message::Book(body) => format!("order_book.{}", body.market),
        Message::MarketSummary(body) => format!("markets_summary.{}", body.market),
        Message::FundingData(body) => format!("funding_data.{}", body.market),
        Message::FundingRateComparison(_) => "funding_rate_comparison".to_owned(),
        Message::Order(body) => format!("orders.{}", body.market),
        Message::Fill(body) => format!("fills.{}", body.market),
        Message::Position(_) => "positions".to_owned(),
        Message::Account(_) => "account".to_owned(),
        Message::Heartbeat(_) | Message::Subscribed(_) | Message::Unknown { .. } => return None,
    })
}

/// Written again in its version, a message is the same frame; frames the file marks as out of the ordinary (longer or
/// shorter than their version) keep all their values.
fn check_written_again(case: &Case<'_>, frame: &[u8], header: Header, message: &Message<'_>) {
    let version = header.version.min(NEWEST_VERSION);
    let mut written = Vec::new();
    case.accepted("message", encode(message, version, &mut written));
    let layout: Option<&Layout> = LAYOUTS.iter().find(|layout| layout.template_id == header.template_id);
    let usual_block =
        layout.is_some_and(|layout| layout.block_length(header.version) == usize::from(header.block_length));
    let usual = case.value().get("note").is_none() || (usual_block && written.len() == frame.len());
    if usual {
        case.same("written again", hex::encode(&written).as_str(), case.text("hex"));
        return;
    }
    let again = case.accepted("written frame", decode(&written));
    for ((name, before), (_, after)) in message.fields().into_iter().zip(again.fields()) {
        case.holds(&format!("{name} is kept"), before == FieldValue::None || before == after);
    }
    if let (Message::Book(before), Message::Book(after)) = (message, &again) {
        case.same("levels", (before.bids, before.asks), (after.bids, after.asks));
    }
}

/// Frames that the official decoder refuses. It also refuses templates it does not know; those we must skip instead
/// (paradex.md 8.2).
fn check_refused(case: &Case<'_>) {
    let frame = case.accepted("hex", hex::decode(case.text("hex")));
    let decoded = decode(&frame);
    if case.text("sdk_error").starts_with("Unknown templateId") {
        let template_id = case.accepted("header", Header::read(&frame)).template_id;
        case.same("skipped", decoded, Ok(Message::Unknown { template_id }));
    } else {
        case.holds("refused", decoded.is_err());
    }
}

/// `tradeIdStr` from `trade_id_str`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| camel + &word[..1].to_ascii_uppercase() + &word[1..])
}

/// A mantissa with all its decimals.
fn decimal(mantissa: i64, places: usize) -> String {
    let sign = if mantissa < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", mantissa.unsigned_abs(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

/// Hexadecimal without leading zeros.
fn felt_text(bytes: [u8; 32]) -> String {
    let digits = hex::encode(bytes);
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}
