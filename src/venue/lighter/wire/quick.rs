//! The two market channels by a scan in one pass, without copies: a quote is worth more the sooner it is read.
//!
//! Knows exactly the form in which the venue writes these frames and declines everything else, which `frame` then reads as it
//! reads any frame. What it does read, it reads to the same values: a property test holds the two against each other.

use super::book::{BookMessage, Level, Ticker};
use super::frame::{Channel, Content, Data};
use crate::domain::{Price, Qty};

/// A frame of the ticker or the order book in the venue's usual form; `None` for anything unusual.
pub fn market_frame(text: &str) -> Option<Data> {
    // Whoever begins otherwise is no market frame: the others lose nothing but this comparison.
    let channel = match text.strip_prefix(r#"{"channel":""#)?.as_bytes() {
        [b't', ..] => Channel::Ticker,
        [b'o', ..] => Channel::OrderBook,
        _ => return None,
    };
    Envelope::read(Scan { rest: text.as_bytes() }, channel)
}

#[derive(Default)]
struct Envelope {
    id: Option<u64>,
    snapshot: Option<bool>,
    nonce: Option<i64>,
    ticker: Option<Ticker>,
    book: Option<BookMessage>,
}

impl Envelope {
    fn read(mut scan: Scan<'_>, channel: Channel) -> Option<Data> {
        let mut found = Self::default();
        scan.expect(b'{')?;
        loop {
            match scan.key()? {
                b"channel" => once(&mut found.id, address(scan.text()?, channel)?)?,
                b"type" => once(&mut found.snapshot, is_snapshot(scan.text()?, channel)?)?,
                b"nonce" => once(&mut found.nonce, scan.integer()?)?,
                b"ticker" if channel == Channel::Ticker => once(&mut found.ticker, scan.ticker()?)?,
                b"order_book" if channel == Channel::OrderBook => once(&mut found.book, scan.book()?)?,
                b"last_updated_at" | b"timestamp" | b"offset" => drop(scan.integer()?),
                _ => return None,
            }
            if scan.ends_object()? {
                break;
            }
        }
        let content = match channel {
            Channel::Ticker => Content::Ticker(found.ticker?, found.nonce),
            _ => Content::OrderBook(found.book?),
        };
        let whole = scan.rest.is_empty();
        whole.then_some(Data { channel, id: Some(found.id?), snapshot: found.snapshot?, content })
    }
}

/// A key that comes twice is unusual.
fn once<T>(place: &mut Option<T>, value: T) -> Option<()> {
    place.replace(value).is_none().then_some(())
}

/// The market of `ticker:1` or `ticker/1`.
fn address(text: &[u8], channel: Channel) -> Option<u64> {
    let [b':' | b'/', digits @ ..] = text.strip_prefix(channel.name().as_bytes())? else { return None };
    u64::try_from(number(digits)?).ok()
}

fn is_snapshot(text: &[u8], channel: Channel) -> Option<bool> {
    let name = channel.name().as_bytes();
    match text.strip_suffix(name)? {
        b"update/" => Some(false),
        b"subscribed/" => Some(true),
        _ => None,
    }
}

/// Digits that fit whatever they are for.
fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits
        .iter()
        .try_fold(0_i64, |value, digit| digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0')))
}

/// What is left to be read.
struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then_some(())
    }

    #[inline]
    fn expect_all(&mut self, wanted: &[u8]) -> Option<()> {
        self.rest = self.rest.strip_prefix(wanted)?;
        Some(())
    }

    /// A text without escapes: plain ASCII is all these frames hold.
    #[inline]
    fn text(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let special = |byte: &u8| !(b' '..=b'~').contains(byte) || matches!(byte, b'"' | b'\\');
        let (text, rest) = self.rest.split_at(self.rest.iter().position(special)?);
        self.rest = rest;
        self.expect(b'"')?;
        Some(text)
    }

    #[inline]
    fn key(&mut self) -> Option<&'a [u8]> {
        let key = self.text()?;
        self.expect(b':')?;
        Some(key)
    }

    /// True at the end of an object or list that ends with `end`, false before its next member.
    #[inline]
    fn ends(&mut self, end: u8) -> Option<bool> {
        match self.next()? {
            b',' => Some(false),
            byte if byte == end => Some(true),
            _ => None,
        }
    }

    fn ends_object(&mut self) -> Option<bool> {
        self.ends(b'}')
    }

    /// A number of the venue: no sign, no fraction, and as JSON knows no leading zeros.
    #[inline]
    fn integer(&mut self) -> Option<i64> {
        let padded = matches!(self.rest, [b'0', b'0'..=b'9', ..]);
        let (value, count) = self.digits();
        ((1..=18).contains(&count) && !padded).then_some(value)
    }

    /// A decimal text in units of 1e-8; `""` is none.
    #[inline]
    fn amount(&mut self) -> Option<Option<i64>> {
        self.expect(b'"')?;
        if self.rest.first() == Some(&b'"') {
            self.rest = &self.rest[1..];
            return Some(None);
        }
        let (whole, digits) = self.digits();
        if digits == 0 || digits > 10 {
            return None;
        }
        match self.next()? {
            b'"' => Some(Some(whole * TENS[8])),
            b'.' => {
                let (fraction, decimals) = self.digits();
                self.expect(b'"')?;
                if decimals == 0 {
                    return None;
                }
                let unit = TENS.get(8_usize.checked_sub(decimals)?)?;
                Some(Some(whole * TENS[8] + fraction * unit))
            }
            _ => None,
        }
    }

    /// The digits that come next as a number, and how many they are; more than a number holds wrap and are refused by count.
    #[inline]
    fn digits(&mut self) -> (i64, usize) {
        let (mut value, mut count) = (0_i64, 0);
        for digit in self.rest.iter().map(|byte| byte.wrapping_sub(b'0')).take_while(|digit| *digit < 10) {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
            count += 1;
        }
        self.rest = &self.rest[count..];
        (value, count)
    }

    #[inline]
    fn level(&mut self) -> Option<Level> {
        self.expect_all(br#"{"price":"#)?;
        let price = self.amount()?.map(Price::from_units);
        self.expect_all(br#","size":"#)?;
        let size = self.amount()?.map(Qty::from_units);
        self.expect(b'}')?;
        Some(Level { price, size })
    }

    fn ticker(&mut self) -> Option<Ticker> {
        let (mut a, mut b) = (None, None);
        self.expect(b'{')?;
        loop {
            match self.key()? {
                b"a" => once(&mut a, self.level()?)?,
                b"b" => once(&mut b, self.level()?)?,
                b"s" => drop(self.text()?),
                b"last_updated_at" => drop(self.integer()?),
                _ => return None,
            }
            if self.ends_object()? {
                return Some(Ticker { a: a?, b: b? });
            }
        }
    }

    fn book(&mut self) -> Option<BookMessage> {
        let (mut asks, mut bids, mut nonce, mut begin_nonce) = (None, None, None, None);
        self.expect(b'{')?;
        loop {
            match self.key()? {
                b"asks" => once(&mut asks, self.levels()?)?,
                b"bids" => once(&mut bids, self.levels()?)?,
                b"nonce" => once(&mut nonce, self.integer()?)?,
                b"begin_nonce" => once(&mut begin_nonce, self.integer()?)?,
                b"code" | b"offset" | b"last_updated_at" => drop(self.integer()?),
                _ => return None,
            }
            if self.ends_object()? {
                let (asks, bids) = (asks.unwrap_or_default(), bids.unwrap_or_default());
                return Some(BookMessage { asks, bids, nonce, begin_nonce });
            }
        }
    }

    fn levels(&mut self) -> Option<Vec<Level>> {
        self.expect(b'[')?;
        if self.rest.first() == Some(&b']') {
            self.rest = &self.rest[1..];
            return Some(Vec::new());
        }
        // A usual level takes some 36 bytes: one allocation is enough for every list of these frames.
        let mut levels = Vec::with_capacity(self.rest.len() / 34 + 1);
        loop {
            levels.push(self.level()?);
            if self.ends(b']')? {
                return Some(levels);
            }
        }
    }
}

const TENS: [i64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

#[cfg(test)]
#[path = "quick_tests.rs"]
mod tests;
