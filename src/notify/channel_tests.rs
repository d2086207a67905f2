//! Payloads and answers as the services document them.

use super::*;

const TOKEN: &str = "123:CANARY-token_5";

fn telegram_channel() -> Channel {
    let (base, token) = (TELEGRAM.to_owned(), SecretText::new(TOKEN.to_owned()));
    Channel::Telegram { base, token, chat: "-1001".to_owned() }
}

fn lark_channel() -> Channel {
    Channel::Lark { base: LARK.to_owned(), token: SecretText::new(TOKEN.to_owned()) }
}

fn read(channel: &Channel, status: u16, body: &str) -> Answer {
    channel.read(&Ok(HttpReply::plain(status, body.as_bytes().to_vec())))
}

fn json(request: &HttpRequest) -> serde_json::Value {
    let Body::Json(text) = &request.body else { panic!("no JSON body") };
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn requests_have_the_documented_shape() {
    let request = telegram_channel().request(7, "a \"b\"\nc");
    assert_eq!(request.url, format!("https://api.telegram.org/bot{TOKEN}/sendMessage"));
    let expected = json!({"chat_id": "-1001", "text": "a \"b\"\nc", "disable_web_page_preview": true});
    assert_eq!((request.method, request.ticket, json(&request)), (Method::Post, 7, expected));
    let request = lark_channel().request(1, "text");
    assert_eq!(request.url, format!("https://open.larksuite.com/open-apis/bot/v2/hook/{TOKEN}"));
    assert_eq!(json(&request), json!({"msg_type": "text", "content": {"text": "text"}}));
}

#[test]
fn a_text_is_cut_to_the_limit_in_utf_16_units() {
    for long in ["x".repeat(5_000), "币".repeat(5_000), "🔥".repeat(5_000)] {
        let body = json(&telegram_channel().request(0, &long));
        let text = body["text"].as_str().expect("a text");
        let units = text.encode_utf16().count();
        assert!((TEXT_MAX - 1..=TEXT_MAX).contains(&units) && text.ends_with('…'), "{units}");
    }
    assert_eq!(cut(&"x".repeat(4_096), TEXT_MAX).len(), 4_096);
}

/// The class of an answer and the pause it asks for.
fn class(answer: &Answer) -> (&'static str, u64) {
    match answer {
        Answer::Taken => ("taken", 0),
        Answer::Later { wait, odd: false, .. } => ("later", wait.map_or(0, |wait| wait.as_secs())),
        Answer::Later { odd: true, .. } => ("odd", 0),
        Answer::Unfit(_) => ("unfit", 0),
        Answer::Closed(_) => ("closed", 0),
    }
}

#[test]
fn telegram_answers_are_told_apart() {
    for (status, body, expected) in [
        (200, r#"{"ok":true,"result":{"message_id":1}}"#, ("taken", 0)),
        (200, r#"{"ok":false}"#, ("odd", 0)),
        (200, "<html>", ("odd", 0)),
        (200, "", ("odd", 0)),
        (302, "", ("odd", 0)),
        (
            429,
            r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#,
            ("later", 35),
        ),
        (429, "", ("later", 0)),
        (500, "", ("later", 0)),
        (502, "<html>", ("later", 0)),
        (400, r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#, ("closed", 0)),
        (
            400,
            r#"{"ok":false,"error_code":400,"description":"Bad Request: message text is empty"}"#,
            ("unfit", 0),
        ),
        (401, r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#, ("closed", 0)),
        (403, r#"{"ok":false,"description":"Forbidden: bot was blocked by the user"}"#, ("closed", 0)),
        (404, r#"{"ok":false,"error_code":404,"description":"Not Found"}"#, ("closed", 0)),
    ] {
        let answer = read(&telegram_channel(), status, body);
        assert_eq!(class(&answer), expected, "{status} {body}: {answer:?}");
    }
    let moved = r#"{"ok":false,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1009}}"#;
    let Answer::Closed(why) = read(&telegram_channel(), 400, moved) else { panic!("not closed") };
    assert!(why.contains("TELEGRAM_CHAT_ID=-1009"), "{why}");
}

#[test]
fn lark_answers_are_told_apart_by_their_code() {
    for (status, body, expected) in [
        (200, r#"{"code":0,"data":{},"msg":"success"}"#, ("taken", 0)),
        (200, r#"{"Extra":null,"StatusCode":0,"StatusMessage":"success"}"#, ("taken", 0)),
        (
            200,
            r#"{"code":0,"StatusCode":0,"StatusMessage":"success","data":{},"msg":"success"}"#,
            ("taken", 0),
        ),
        (200, r#"{"code":11232,"msg":"frequency limited psm"}"#, ("later", 0)),
        (400, r#"{"code":11232,"msg":"frequency limited psm"}"#, ("later", 0)),
        (429, "", ("later", 0)),
        (503, "", ("later", 0)),
        (
            200,
            r#"{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}"#,
            ("closed", 0),
        ),
        (400, r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}"#, ("closed", 0)),
        (200, r#"{"code":19022,"msg":"Ip Not Allowed"}"#, ("closed", 0)),
        (200, r#"{"code":19024,"msg":"Key Words Not Found"}"#, ("closed", 0)),
        (404, "", ("closed", 0)),
        (200, r#"{"code":9499,"msg":"Bad Request"}"#, ("odd", 0)),
        (200, "not json", ("odd", 0)),
    ] {
        let answer = read(&lark_channel(), status, body);
        assert_eq!(class(&answer), expected, "{status} {body}: {answer:?}");
    }
    let reply = HttpReply { retry_after_s: Some(9), ..HttpReply::plain(429, Vec::new()) };
    assert_eq!(class(&lark_channel().read(&Ok(reply))), ("later", 9));
}

#[test]
fn no_words_of_others_bring_the_token_into_the_log() {
    for channel in [telegram_channel(), lark_channel()] {
        let echo = format!(r#"{{"description":"x /bot{TOKEN}/ y","msg":"hook/{TOKEN}","code":19001}}"#);
        let mut answers: Vec<Answer> =
            [200, 400, 401, 403, 404, 429, 500].map(|status| read(&channel, status, &echo)).into();
        let failures = [HttpFailure::Connect, HttpFailure::Broken, HttpFailure::Certificate];
        answers
            .extend(failures.map(|failure| channel.read(&Err(failure(format!("https://x/bot{TOKEN}/y"))))));
        let shown = format!("{answers:?} {channel:?}");
        assert!(!shown.contains("CANARY"), "{shown}");
        assert!(shown.contains("[secret]"), "{shown}");
    }
}
