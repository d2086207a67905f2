//! Field, hash, curve and fixed-nonce signatures.

use super::super::case::Case;
use super::{hex_of, refused_when_tampered};
use hedge_fast::signing::ecgfp5::poseidon2::{State, WIDTH, hash_no_pad, permute};
use hedge_fast::signing::ecgfp5::{Goldilocks, Point, Quintic, Scalar, SchnorrKey, SchnorrSignature, verify};
use serde_json::Value;

/// Longest hash output a vector may ask for.
const MAX_OUTPUT: usize = 64;

/// Checks one entry of a list.
type ListCheck = fn(&Case<'_>);

pub fn check(file: &Value) -> usize {
    let file = Case::file("primitives.json", file);
    let checks: [(&str, ListCheck); 8] = [
        ("permutation", permutation),
        ("hash_no_pad", sponge),
        ("goldilocks", goldilocks),
        ("fp5", quintic),
        ("generator_multiples", generator_multiple),
        ("decode", decode),
        ("point_add", point_add),
        ("schnorr_fixed_k", schnorr_fixed_k),
    ];
    every_list_is_known(&file, &checks.map(|(name, _)| name));
    let run = |(name, check): (&str, ListCheck)| {
        let cases = file.list(name);
        cases.iter().for_each(check);
        cases.len()
    };
    checks.into_iter().map(run).sum()
}

fn every_list_is_known(file: &Case<'_>, known: &[&str]) {
    let members = file.value().as_object().expect("an object");
    for (name, _) in members.iter().filter(|(_, value)| value.is_array()) {
        file.holds(&format!("a check knows the list {name}"), known.contains(&name.as_str()));
    }
}

fn permutation(case: &Case<'_>) {
    let mut state: State = elements(case, "input").try_into().expect("twelve elements");
    assert_eq!(state.len(), WIDTH);
    permute(&mut state);
    case.same("permuted", state.to_vec(), elements(case, "output"));
}

fn sponge(case: &Case<'_>) {
    let official = elements(case, "output");
    let ours: [_; MAX_OUTPUT] = hash_no_pad(&elements(case, "input"));
    case.holds("the output is not longer than this check computes", official.len() <= MAX_OUTPUT);
    case.same("hash", ours[..official.len()].to_vec(), official);
}

fn goldilocks(case: &Case<'_>) {
    let [a, b] = ["a", "b"].map(|name| element(&case.field(name)));
    for (name, ours) in [("add", a + b), ("sub", a - b), ("mul", a * b), ("inv_a", a.inverse())] {
        case.same(name, ours, element(&case.field(name)));
    }
    case.same("a - b as a + -b", a + -b, a - b);
    let root = a.square().sqrt();
    case.holds("the root of a squared is a or -a", root == Some(a) || root == Some(-a));
}

fn quintic(case: &Case<'_>) {
    let [a, b] = ["a", "b"].map(|name| quintic_of(case, name));
    for (name, ours) in [
        ("add", a + b),
        ("sub", a - b),
        ("mul", a * b),
        ("square_a", a.square()),
        ("inv_a", a.inverse()),
        ("frobenius_a", a.frobenius(1)),
    ] {
        case.same(name, ours, quintic_of(case, name));
    }
    let legendre = element(&case.field("legendre_a"));
    case.same("legendre_a", a.legendre(), legendre);
    case.same("a has a root", a.sqrt().is_some(), legendre != -Goldilocks::ONE);
}

fn generator_multiple(case: &Case<'_>) {
    let k = scalar_from_decimal(case.text("k"));
    let point = Point::mul_generator(&k);
    case.same("encoded", hex_of(point.encode()), case.text("encoded").to_owned());
    let double = Point::NEUTRAL.mul_add_generator_vartime(&Scalar::ZERO, &k);
    case.same("in variable time", double, point);
}

fn decode(case: &Case<'_>) {
    let w = quintic_from_hex(case, "w");
    let point = Point::decode(w);
    case.same("valid", point.is_some(), case.flag("valid"));
    if let Some(point) = point {
        case.same("encoded again", point.encode(), w);
    }
}

fn point_add(case: &Case<'_>) {
    let [a, b] = ["a", "b"].map(|name| point(case, name));
    case.same("sum", hex_of(a.add(&b).encode()), case.text("sum").to_owned());
    case.same("sum in the other sequence", hex_of(b.add(&a).encode()), case.text("sum").to_owned());
    if a == b {
        case.same("double", hex_of(a.double().encode()), case.text("sum").to_owned());
    }
}

fn schnorr_fixed_k(case: &Case<'_>) {
    let key = case.accepted("private key", SchnorrKey::parse(case.text("private_key")));
    let k = Scalar::from_le_bytes(&bytes(case, "k"));
    let message = quintic_from_hex(case, "message_hash");
    let official = SchnorrSignature::from_bytes(&bytes(case, "signature"));
    let own = key.sign_with_k(message, &k);
    case.same("signature", hex::encode(own.to_bytes()), case.text("signature").to_owned());
    case.holds("the signature verifies", verify(&key.public_key(), message, &official));
    refused_when_tampered(case, &key.public_key(), message, &official);
}

fn element(case: &Case<'_>) -> Goldilocks {
    Goldilocks::new(case.accepted("field element", case.as_text().parse()))
}

/// A list of elements, which may be empty: the empty input is a case.
fn elements(case: &Case<'_>, name: &str) -> Vec<Goldilocks> {
    let list = case.field(name);
    if list.value().as_array().is_some_and(Vec::is_empty) {
        return Vec::new();
    }
    case.list(name).iter().map(element).collect()
}

fn quintic_of(case: &Case<'_>, name: &str) -> Quintic {
    Quintic(elements(case, name).try_into().expect("five elements"))
}

fn quintic_from_hex(case: &Case<'_>, name: &str) -> Quintic {
    Quintic::from_le_bytes(&bytes(case, name))
}

fn point(case: &Case<'_>, name: &str) -> Point {
    case.accepted(name, Point::decode(quintic_from_hex(case, name)).ok_or("encodes no point"))
}

fn bytes<const N: usize>(case: &Case<'_>, name: &str) -> [u8; N] {
    let mut bytes = [0; N];
    case.accepted(name, hex::decode_to_slice(case.text(name), &mut bytes));
    bytes
}

/// Decimal digits by Horner's rule; the result is reduced, as multiples of the generator are.
fn scalar_from_decimal(text: &str) -> Scalar {
    let digit = |c: char| Scalar::from_u64(c.to_digit(10).expect("a decimal digit").into());
    text.chars().fold(Scalar::ZERO, |sum, c| sum * Scalar::from_u64(10) + digit(c))
}
