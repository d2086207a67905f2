//! Paradex signing: every hash, key, address and signature of the official client, reproduced digit by digit.

use super::super::Check;
use super::case::Case;
use hedge_fast::domain::Side;
use hedge_fast::signing::ethereum::{EthAddress, EthKey, EthSignature};
use hedge_fast::signing::stark::{
    AccountClasses, Felt, GrindSeed, L1SignIn, Message, MessageHasher, MessageKind, Nonce, OrderFields,
    Quanta, Signature, SigningDomain, StarkKey, evm_account_address, felt_from_decimal, felt_from_hex,
    felt_from_text, hash_on_elements, pedersen_hash, short_string, starknet_keccak, verify,
};
use serde_json::Value;

/// The files checked here.
pub const CHECKS: &[(&str, Check)] = &[
    ("primitives.json", primitives),
    ("keys.json", keys),
    ("auth.json", auth),
    ("onboarding.json", onboarding),
    ("orders.json", orders),
    ("modify_orders.json", modify_orders),
    ("l1_to_l2.json", l1_to_l2),
];

fn felt(case: &Case<'_>, field: &str) -> Felt {
    case.accepted(field, felt_from_hex(case.text(field)))
}

fn stark_key(case: &Case<'_>, field: &str) -> StarkKey {
    case.accepted(field, StarkKey::from_hex(case.text(field)))
}

fn domain(case: &Case<'_>, environment: &str) -> SigningDomain {
    let chain_id = match environment {
        "prod" => "PRIVATE_SN_PARACLEAR_MAINNET",
        "testnet" => "PRIVATE_SN_POTC_SEPOLIA",
        other => panic!("{}: unknown environment {other}", case.place()),
    };
    case.accepted("chain id", SigningDomain::new(chain_id))
}

fn primitives(file: &Value) -> usize {
    let file = Case::file("primitives.json", file);
    hash_primitives(&file) + text_primitives(&file) + ecdsa_primitives(&file)
}

fn hash_primitives(file: &Case<'_>) -> usize {
    let pairs = file.list("pedersen");
    for case in &pairs {
        case.same("pedersen", pedersen_hash(&felt(case, "a"), &felt(case, "b")), felt(case, "out"));
    }
    let lists = file.list("hash_on_elements");
    for case in &lists {
        let entries = case.field("in");
        let entries = entries.value().as_array().unwrap_or_else(|| panic!("{}: not a list", entries.place()));
        let parse = |entry: &Value| case.accepted("in", felt_from_hex(entry.as_str().unwrap_or_default()));
        let elements: Vec<Felt> = entries.iter().map(parse).collect();
        case.same("element hash", hash_on_elements(&elements), felt(case, "out"));
    }
    let domains = file.table("domain_hash");
    for (environment, case) in &domains {
        let official = case.accepted("hash", felt_from_hex(case.as_text()));
        case.same("domain hash", domain(case, environment).hash(), official);
    }
    pairs.len() + lists.len() + domains.len()
}

fn text_primitives(file: &Case<'_>) -> usize {
    let strings = file.table("short_strings");
    for (text, case) in &strings {
        let official = case.accepted("felt", felt_from_hex(case.as_text()));
        case.same("short string", case.accepted("text", short_string(text)), official);
        let is_number =
            text.starts_with("0x") || (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()));
        if !is_number {
            case.same("as a value", case.accepted("text", felt_from_text(text)), official);
        }
    }
    let selectors = file.table("starknet_keccak");
    for (text, case) in &selectors {
        let official = case.accepted("felt", felt_from_hex(case.as_text()));
        case.same("starknet_keccak", starknet_keccak(text), official);
    }
    for kind in [MessageKind::Auth, MessageKind::Onboarding, MessageKind::Order, MessageKind::ModifyOrder] {
        let known = selectors.iter().any(|(text, _)| *text == kind.type_text());
        file.holds(&format!("starknet_keccak has the type of {kind:?}"), known);
    }
    strings.len() + selectors.len()
}

fn ecdsa_primitives(file: &Case<'_>) -> usize {
    let cases = file.list("ecdsa");
    for case in &cases {
        let key = stark_key(case, "private_key");
        let (public, hash) = (key.public_key(), felt(case, "message_hash"));
        case.same("public key", public, felt(case, "public_key"));
        check_signatures(case, &key, hash);
        for forged in case.list("must_reject") {
            // A part that is not even a felt is refused on reading.
            let parts = (felt_from_hex(forged.text("r")), felt_from_hex(forged.text("s")));
            if let (Ok(r), Ok(s)) = parts {
                forged.holds("rejected", !verify(&public, &hash, &Signature { r, s }));
            }
        }
    }
    cases.len()
}

/// Both official signatures of `hash`: made, written, read and verified; and every tampering refused.
fn check_signatures(case: &Case<'_>, key: &StarkKey, hash: Felt) {
    for (field, nonce) in [("signature_seed32", Nonce::ExtraEntropy32), ("signature_no_seed", Nonce::Plain)] {
        let official = case.field(field);
        let signature = official.accepted("hash", key.sign(&hash, nonce));
        let (r, s) = (signature.r, signature.s);
        official.same("r", r, felt(&official, "r"));
        official.same("s", s, felt(&official, "s"));
        official.same("wire", signature.wire().as_str(), official.text("wire"));
        let read = official.accepted("wire", Signature::from_wire(official.text("wire")));
        official.same("read back", read, signature);

        let public = key.public_key();
        official.holds("verifies", verify(&public, &hash, &signature));
        let tampered = [
            ("another hash", public, hash + Felt::ONE, r, s),
            ("another public key", public + Felt::ONE, hash, r, s),
            ("the generator as public key", generator(&public), hash, r, s),
            ("r + 1", public, hash, r + Felt::ONE, s),
            ("s + 1", public, hash, r, s + Felt::ONE),
            ("r and s swapped", public, hash, s, r),
            ("r of zero", public, hash, Felt::ZERO, s),
            ("s of zero", public, hash, r, Felt::ZERO),
            ("r of 2^251 and more", public, hash, Felt::MAX, s),
            ("s of 2^251 and more", public, hash, r, Felt::MAX),
        ];
        for (what, public, hash, r, s) in tampered {
            let accepted = verify(&public, &hash, &Signature { r, s });
            official.holds(&format!("{what} is rejected"), !accepted);
        }
    }
}

/// A valid public key that is not `public`: the one of the private key 1, else of 2.
fn generator(public: &Felt) -> Felt {
    let keys = ["0x1", "0x2"].map(|text| StarkKey::from_hex(text).expect("a key").public_key());
    if keys[0] == *public { keys[1] } else { keys[0] }
}

fn keys(file: &Value) -> usize {
    let file = Case::file("keys.json", file);
    let config = file.field("config");
    let classes = |name: &str| {
        let pair = config.list(name);
        config.holds("two class hashes", pair.len() == 2);
        let class = |case: &Case<'_>| case.accepted("class hash", felt_from_hex(case.as_text()));
        AccountClasses { proxy: class(&pair[0]), account: class(&pair[1]) }
    };
    let (real, made_up) = (classes("prod_and_testnet"), classes("alt"));
    let stark_keys = file.list("keys");
    for case in &stark_keys {
        let public = stark_key(case, "private_key").public_key();
        case.same("public key", public, felt(case, "public_key"));
        case.same("address", real.account_address(public), felt(case, "address_prod"));
        case.same("testnet address", real.account_address(public), felt(case, "address_testnet"));
        let other_classes = made_up.account_address(public);
        case.same("address of other classes", other_classes, felt(case, "address_alt_class_hashes"));
    }
    let ethereum_keys = file.list("evm_keys");
    for case in &ethereum_keys {
        let owner = check_ethereum_address(case, "l1_private_key", "eth_address").address();
        let address = evm_account_address(felt(&config, "evm"), owner);
        case.same("address", address, felt(case, "address"));
    }
    stark_keys.len() + ethereum_keys.len()
}

/// The key, after its address was derived, printed with its checksum and read in all three spellings.
fn check_ethereum_address(case: &Case<'_>, key_field: &str, address_field: &str) -> EthKey {
    let key = case.accepted(key_field, EthKey::from_hex(case.text(key_field)));
    let official = case.text(address_field);
    case.same("Ethereum address", key.address().to_string().as_str(), official);
    let upper = format!("0x{}", official[2..].to_ascii_uppercase());
    for spelling in [official, &official.to_ascii_lowercase(), &upper] {
        case.same("address read", spelling.parse::<EthAddress>(), Ok(key.address()));
    }
    key
}

fn auth(file: &Value) -> usize {
    let cases = Case::file("auth.json", file).list("vectors");
    for case in &cases {
        let public = stark_key(case, "private_key").public_key();
        case.same("public key", public, felt(case, "public_key"));
        let (timestamp_s, expiration_s) = (case.uint("timestamp"), case.uint("expiration"));
        check_message(case, &Message::Auth { timestamp_s, expiration_s });
    }
    cases.len()
}

fn onboarding(file: &Value) -> usize {
    let cases = Case::file("onboarding.json", file).list("vectors");
    for case in &cases {
        let public = stark_key(case, "private_key").public_key();
        case.same("public key", public, felt(case, "public_key"));
        check_message(case, &Message::Onboarding);
    }
    cases.len()
}

fn orders(file: &Value) -> usize {
    let cases = Case::file("orders.json", file).list("vectors");
    for case in &cases {
        let order = check_order_fields(case);
        check_message(case, &Message::Order(order));
        let body = case.field("sdk_body");
        let signature = body.accepted("signature", Signature::from_wire(body.text("signature")));
        let hash = hasher(case).message_hash(&Message::Order(body_fields(&body)));
        let public = stark_key(case, "private_key").public_key();
        body.holds("the body's own signature verifies", verify(&public, &hash, &signature));
    }
    cases.len()
}

fn modify_orders(file: &Value) -> usize {
    let cases = Case::file("modify_orders.json", file).list("vectors");
    for case in &cases {
        let message = |order, id: &Case<'_>| {
            let order_id = id.accepted("id", felt_from_decimal(id.text("id")));
            Message::ModifyOrder { order, order_id }
        };
        check_message(case, &message(check_order_fields(case), case));
        let body = case.field("sdk_body");
        let signature = body.accepted("signature", Signature::from_wire(body.text("signature")));
        let hash = hasher(case).message_hash(&message(body_fields(&body), &body));
        let public = stark_key(case, "private_key").public_key();
        body.holds("the body's own signature verifies", verify(&public, &hash, &signature));
    }
    cases.len()
}

/// The order of a case, once its quanta agree with the official ones and with those of the body that was sent.
fn check_order_fields(case: &Case<'_>) -> OrderFields {
    let price = Some(case.text("price"));
    let order = order_fields(case, case.uint("signature_timestamp"), price);
    for (field, ours) in [("quantum_size", order.size), ("quantum_price", order.price)] {
        case.same(field, ours.units().to_string().as_str(), case.text(field));
        let official = case.accepted(field, felt_from_decimal(case.text(field)));
        case.same(field, Felt::from(ours), official);
    }
    let body = case.field("sdk_body");
    case.same("the body as signed", body_fields(&body), order);
    case.same("body signature", body.text("signature"), case.field("signature_seed32").text("wire"));
    case.same("size", case.text("size").parse::<Quanta>(), Ok(order.size));
    order
}

fn body_fields(body: &Case<'_>) -> OrderFields {
    let price = body.value().get("price").and_then(Value::as_str);
    order_fields(body, body.uint("signature_timestamp"), price)
}

fn order_fields(case: &Case<'_>, timestamp_ms: u64, price: Option<&str>) -> OrderFields {
    let side = match case.text("side") {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        other => panic!("{}: unknown side {other}", case.place()),
    };
    let (market, kind, size) = (case.text("market"), case.text("type"), case.text("size"));
    case.accepted("order", OrderFields::from_wire(timestamp_ms, market, side, kind, size, price))
}

fn hasher(case: &Case<'_>) -> MessageHasher {
    let domain = domain(case, case.text("env"));
    case.same("domain hash", domain.hash(), felt(case, "domain_hash"));
    domain.for_account(felt(case, "account"))
}

fn check_message(case: &Case<'_>, message: &Message) {
    let hasher = hasher(case);
    case.same("type hash", message.kind().type_hash(), felt(case, "type_hash"));
    case.same("struct hash", hasher.struct_hash(message), felt(case, "struct_hash"));
    let hash = hasher.message_hash(message);
    case.same("message hash", hash, felt(case, "message_hash"));
    check_signatures(case, &stark_key(case, "private_key"), hash);
}

fn l1_to_l2(file: &Value) -> usize {
    let cases = Case::file("l1_to_l2.json", file).list("vectors");
    for case in &cases {
        let owner = check_ethereum_address(case, "l1_private_key", "l1_address");
        let sign_in = L1SignIn::new(case.uint("l1_chain_id"));
        let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes));
        case.same("domain separator", hex(&sign_in.domain_separator).as_str(), case.text("domain_separator"));
        case.same("struct hash", hex(&sign_in.struct_hash).as_str(), case.text("struct_hash"));
        case.same("digest", hex(&sign_in.digest()).as_str(), case.text("digest"));
        check_l1_signature(case, &sign_in, &owner);
        check_l2_keys(case, &sign_in, &owner);
    }
    cases.len()
}

fn check_l1_signature(case: &Case<'_>, sign_in: &L1SignIn, owner: &EthKey) {
    let signature = sign_in.sign(owner);
    let digits = |field: &str| format!("{:0>64}", case.text(field).trim_start_matches("0x"));
    let official = format!("0x{}{}{:02x}", digits("r"), digits("s"), case.uint("v"));
    case.same("signature", signature.wire(), official.clone());
    let read: EthSignature = case.accepted("signature", official.parse());
    case.same("signer", read.recover(&sign_in.digest()), Ok(owner.address()));
    case.holds("another chain's digest names another signer", {
        let other = L1SignIn::new(case.uint("l1_chain_id") + 1).digest();
        signature.recover(&other) != Ok(owner.address())
    });
}

fn check_l2_keys(case: &Case<'_>, sign_in: &L1SignIn, owner: &EthKey) {
    let derive = |seed| case.accepted("derivation", sign_in.stark_key(owner, seed));
    let (full, stripped) = (derive(GrindSeed::AllBytes), derive(GrindSeed::WithoutLeadingZeros));
    // Key bytes stay inside the library, so keys are compared by public key and by signature.
    let signed = |key: &StarkKey| case.accepted("hash", key.sign(&Felt::ONE, Nonce::Plain));
    for (ours, field) in [(&full, "l2_private_key_full32"), (&stripped, "l2_private_key_python_sdk")] {
        let official = stark_key(case, field);
        case.same(field, ours.public_key(), official.public_key());
        case.same(field, signed(ours), signed(&official));
    }
    case.same("sdks agree", full.public_key() == stripped.public_key(), case.flag("sdks_agree"));
    case.same("public key", full.public_key(), felt(case, "l2_public_key_full32"));
    let class_hashes = PARADEX_CLASSES.map(|class| case.accepted("class", felt_from_hex(class)));
    let classes = AccountClasses { proxy: class_hashes[0], account: class_hashes[1] };
    case.same("address", classes.account_address(full.public_key()), felt(case, "address_full32"));
}

/// Account classes of both networks, which l1_to_l2.json assumes and does not repeat.
const PARADEX_CLASSES: [&str; 2] = [
    "0x3530cc4759d78042f1b543bf797f5f3d647cde0388c33734cf91b7f7b9314a9",
    "0x41cb0280ebadaa75f996d8d92c6f265f6d040bb3ba442e5f86a554f1765244e",
];
