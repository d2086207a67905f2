//! Simplified Chinese. Venues, contracts, sides and sizes stay as the venues write them.

use super::{Words, parts, position, quoted};
use crate::coordinator::watch::Trouble;
use crate::coordinator::{ExitReason, ForeignMove, MismatchCause, RecoveryOutcome};
use crate::domain::{ClientOrderId, PerVenue, Qty, Side, Venue};
use crate::notify::alarm::Alarm;
use std::time::Duration;

const FLAT: &str = "空仓";

pub(super) fn body(words: &Words, alarm: &Alarm, lasting: Duration) -> String {
    let lasting = duration(lasting);
    match alarm {
        Alarm::Started => "已启动。本次运行的警报会发送到这里。".to_owned(),
        Alarm::InsufficientBalance { venue, free, required } => format!(
            "{venue} 余额不足：可用 {free} USDC，需要 {required} USDC。不会开仓。请向 {venue} 充值或降低保证金，然后重新启动。"
        ),
        Alarm::ForeignPosition { venue, position: held } => format!(
            "{venue} 的 {} 已有仓位 {}，不是本程序开的。请先在该交易所平仓，然后重新启动。",
            words.contract(*venue),
            position(*held, FLAT)
        ),
        Alarm::NotReadyInTime(missing) => format!("未能按时就绪，没有开仓。仍缺少：{}", quoted(missing)),
        Alarm::NoSize(refusal) => format!("没有可用的下单数量：{}", quoted(&refusal.to_string())),
        Alarm::RollingBack { venue, qty } => {
            format!("一侧开仓失败。正在立即以只减仓方式回滚 {venue}：{qty} {}。", words.contract(*venue))
        }
        Alarm::PositionMismatch { venue, expected, actual, cause } => format!(
            "{venue} 实际仓位为 {}，预期为 {}。{}。",
            position(*actual, FLAT),
            position(*expected, FLAT),
            mismatch(*cause)
        ),
        Alarm::ForeignOrders { venue, count } => format!(
            "{venue} 的 {} 有 {count} 个不属于本程序的挂单。请先在该交易所撤单，然后重新启动。",
            words.contract(*venue)
        ),
        Alarm::Recovering { positions } => {
            format!("上一次运行中途结束。记录中的仓位：{}。正在查明实际情况。", both(positions))
        }
        Alarm::Recovered { positions, outcome } => {
            let what = match outcome {
                RecoveryOutcome::Flat => "没有仓位",
                RecoveryOutcome::Adopted => "继续持有",
                RecoveryOutcome::Closing => "正在平仓",
                RecoveryOutcome::Unwinding => "两侧不一致，正在平仓",
            };
            format!("已恢复：{}；{what}。", both(positions))
        }
        Alarm::FillBusted { venue, qty } => format!("{venue} 撤销了一笔 {qty} 的成交，正在处理。"),
        Alarm::Overfilled { venue, asked, filled } => {
            format!("{venue} 对 {asked} 的订单成交了 {filled}。将全部平仓后退出。")
        }
        Alarm::DustCarried { venue, qty } => {
            format!("{venue}：{} 数量太小无法单独平仓，计入下一轮。", position(*qty, FLAT))
        }
        Alarm::VenueDownFlatten(venue) => {
            format!("{venue} 长时间不可用：按 HEDGE_ON_VENUE_DOWN=flatten 平掉另一侧。")
        }
        Alarm::LedgerFailing(cause) => {
            format!("账本已有 {lasting} 无法写入：{}。不会开仓，平仓照常。请检查磁盘。", quoted(cause))
        }
        Alarm::LedgerWorking => format!("账本已恢复写入，历时 {lasting}。"),
        Alarm::Rescuing => "正在查明并平掉未平的仓位，然后退出。".to_owned(),
        Alarm::WatchdogWarns { trouble, positions } => {
            let what = match trouble {
                Trouble::Naked(_) => "有一侧仓位没有对冲",
                Trouble::Silent => "程序在运行但没有心跳",
                Trouble::Abandoned(_) => "程序已不在，留有仓位",
            };
            let at = positions.map(|qty| qty.map_or("未知".to_owned(), |qty| position(qty, FLAT)));
            format!("看门狗，已有 {lasting}：{what}。Paradex {}，Lighter {}。", at.paradex, at.lighter)
        }
        Alarm::WatchdogStopsBot { pid, at_once: false } => {
            format!("看门狗：请求程序（进程 {pid}）平仓退出。")
        }
        Alarm::WatchdogStopsBot { pid, at_once: true } => format!("看门狗：立即结束程序（进程 {pid}）。"),
        Alarm::WatchdogActs => "看门狗：正在以只减仓方式平掉两侧仓位。".to_owned(),
        Alarm::LateFill { venue, qty } => format!("{venue}：订单结束后又成交 {qty}，正在处理。"),
        Alarm::Naked { positions, unresolved } => format!(
            "已有 {lasting} 不能确认处于对冲状态：{}{}。程序仍在尝试，请查看两个交易所。",
            both(positions),
            unresolved
                .iter()
                .filter(|(_, open)| **open)
                .map(|(venue, _)| format!("；{venue} 有订单结果未知"))
                .collect::<String>()
        ),
        Alarm::HedgedAgain => format!("已恢复对冲或空仓，历时 {lasting}。"),
        Alarm::Halted { positions, foreign } => halted(words, positions, foreign),
        Alarm::VenueDown { venue, cause } => {
            format!("{venue} 已断开 {lasting}：{}。正在重连，已开的仓位保留。", quoted(cause))
        }
        Alarm::VenueBack(venue) => format!("{venue} 已恢复，历时 {lasting}。"),
        Alarm::VenueClosed { venue, cause } => {
            format!("{venue} 已有 {lasting} 不接受任何订单：{}。已开的仓位保留。", quoted(cause))
        }
        Alarm::VenueOpen(venue) => format!("{venue} 已恢复接受订单，历时 {lasting}。"),
        Alarm::ClosePostponed(venue) => {
            format!("平仓推迟：{venue} 不接受订单。在其恢复之前保持对冲仓位。")
        }
        Alarm::Fatal { venue, text } => format!("{venue}：{}。程序将平掉能平的仓位后退出。", quoted(text)),
        Alarm::ThreadDied(what) => {
            format!("程序的一部分发生故障：{}。请立即查看两个交易所，并手动平掉未平的仓位。", quoted(what))
        }
        Alarm::LossLimit { loss, limit } => format!("已停止：24 小时内亏损 {loss} USDC，上限 {limit} USDC。"),
        Alarm::FailureLimit(count) => format!("已停止：连续 {count} 次开仓失败。"),
        Alarm::Stopping => "正在停止：平掉已开的仓位，然后空仓退出。".to_owned(),
        Alarm::StoppedAtOnce => "收到第二次停止请求，立即停止；不再发送任何订单。".to_owned(),
        Alarm::Ended { reason, positions, unresolved } => ended(*reason, positions.as_ref(), unresolved),
        Alarm::Broken(what) => {
            format!("程序崩溃并退出：{}。请立即查看两个交易所，并手动平掉未平的仓位。", quoted(what))
        }
    }
}

fn both(positions: &PerVenue<Qty>) -> String {
    let parts: Vec<String> =
        positions.iter().map(|(venue, qty)| format!("{venue} {}", position(*qty, FLAT))).collect();
    parts.join("，")
}

fn halted(words: &Words, positions: &PerVenue<Qty>, foreign: &PerVenue<Qty>) -> String {
    let mut text = "已停机：未能将仓位平到零。请立即手动执行：".to_owned();
    for (venue, held) in positions.iter() {
        let contract = words.contract(venue);
        text.push_str(&match Side::of_position(*held) {
            Some(side) => {
                let action = match side.opposite() {
                    Side::Buy => "买入 (buy)",
                    Side::Sell => "卖出 (sell)",
                };
                format!("\n- {venue}：以只减仓市价单 (reduce-only) {action} {} {contract}", held.abs())
            }
            None => format!("\n- {venue}：确认 {contract} 没有仓位也没有挂单"),
        });
        if !foreign[venue].is_zero() {
            let held = position(foreign[venue], FLAT);
            text.push_str(&format!("\n- {venue}：{contract} 的 {held} 不是本程序开的；请平仓或自行保留"));
        }
    }
    text
}

fn ended(
    reason: ExitReason,
    positions: Option<&PerVenue<Qty>>,
    unresolved: &[(Venue, ClientOrderId)],
) -> String {
    let why = match reason {
        ExitReason::Done => "完成，空仓",
        ExitReason::Configuration => "配置无法使用",
        ExitReason::Refused => "拒绝启动",
        ExitReason::Limit => "达到限制而停止，空仓",
        ExitReason::Exposure => "可能仍有敞口，请查看两个交易所",
    };
    let at = positions.map_or_else(|| "未知，请查看两个交易所".to_owned(), both);
    let mut text = format!("已停止，退出码 {}：{why}。最终仓位：{at}。", reason.code());
    for (venue, cid) in unresolved {
        text.push_str(&format!("\n- {venue}：订单 {cid} 的结果未知，请在该交易所确认"));
    }
    text
}

fn duration(lasting: Duration) -> String {
    match parts(lasting) {
        (0, 0, seconds) => format!("{seconds} 秒"),
        (0, minutes, 0) => format!("{minutes} 分"),
        (0, minutes, seconds) => format!("{minutes} 分 {seconds} 秒"),
        (hours, minutes, _) => format!("{hours} 小时 {minutes} 分"),
    }
}

fn mismatch(cause: MismatchCause) -> &'static str {
    match cause {
        MismatchCause::Told(ForeignMove::Liquidation) => "被交易所强平",
        MismatchCause::Told(ForeignMove::Deleveraging) => "被交易所自动减仓",
        MismatchCause::Told(ForeignMove::Settlement) => "被交易所结算或划转",
        MismatchCause::Told(ForeignMove::Trade) => "被手动或其他程序交易",
        MismatchCause::Gone => "被手动或其他程序平仓，或被强平",
        MismatchCause::Smaller => "被部分平仓或强平",
        MismatchCause::Larger => "有人加仓",
        MismatchCause::Appeared => "有人开仓",
        MismatchCause::Turned => "被反向开仓",
    }
}
