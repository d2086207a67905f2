"""The official Lighter Python SDK, unmodified, trades against the simulated venue.

    python tests/sdk/lighter.py FILE

FILE is what `hedge-fast sim --env-out FILE` wrote. Every promise that holds prints `ok <promise>`; the first one that does
not ends the run with a sentence and exit code 1. Positions and orders are left as they were found: none.
"""

import asyncio
import json
import sys
import time

# This file is called lighter, too: without its own folder on the path, `lighter` is the SDK.
sys.path.pop(0)

import lighter  # noqa: E402
from lighter import nonce_manager  # noqa: E402
from websockets.asyncio.client import connect  # noqa: E402

BTC = 1
SIZE_STEPS = 200  # 0.00200 BTC: above the minimum size and the minimum value
PATIENCE_S = 5.0
LOOK_EVERY_S = 0.4
# A standard account may make 60 requests in a rolling minute, sends included, and the simulated venue holds it to that. Some
# are made by the SDK's native part, which nobody counts here.
REQUESTS_PER_MINUTE = 50


class Broken(Exception):
    """A promise that does not hold, in a sentence."""


def expect(held, sentence):
    if not held:
        raise Broken(sentence)


def read_env(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.strip().split("=", 1) for line in file if "=" in line)


async def eventually(look, sentence):
    """Asks until the answer is truthy; the venue executes a taker 300 ms after it accepted it."""
    for _ in range(round(PATIENCE_S / LOOK_EVERY_S)):
        await asyncio.sleep(LOOK_EVERY_S)
        found = await look()
        if found:
            return found
    raise Broken(sentence)


class Pace:
    """Holds requests back until the rolling minute has room for them."""

    def __init__(self):
        self.made = []

    async def turn(self):
        while len(self.made) >= REQUESTS_PER_MINUTE:
            await asyncio.sleep(max(0.0, self.made[0] + 61 - time.monotonic()))
            self.made.pop(0)
        self.made.append(time.monotonic())

    def of(self, api_client):
        call = api_client.call_api
        async def paced(*args, **kwargs):
            await self.turn()
            return await call(*args, **kwargs)
        api_client.call_api = paced


class Desk:
    """One account with the SDK's own clients."""

    def __init__(self, env):
        self.url = env["LIGHTER_REST_URL"]
        self.ws_url = env["LIGHTER_WS_URL"]
        self.account = int(env["LIGHTER_ACCOUNT_INDEX"])
        self.slot = int(env["LIGHTER_API_KEY_INDEX"])
        self.chain_id = int(env["LIGHTER_CHAIN_ID"])
        self.key = env["API_KEY_PRIVATE_KEY"]
        self.pace = Pace()
        self.signer = self.new_signer()
        self.orders = lighter.OrderApi(self.signer.api_client)
        self.accounts = lighter.AccountApi(self.signer.api_client)
        self.txs = lighter.TransactionApi(self.signer.api_client)
        self.last_index = int(time.time() * 1000)

    def new_signer(self, **changed):
        given = {"url": self.url, "account_index": self.account, "api_private_keys": {self.slot: self.key},
                 "chain_id": self.chain_id}
        signer = lighter.SignerClient(**{**given, **changed})
        self.pace.of(signer.api_client)
        return signer

    def next_index(self):
        """A client order index never used before."""
        self.last_index += 1
        return self.last_index

    def token(self):
        token, error = self.signer.create_auth_token_with_expiry(api_key_index=self.slot)
        expect(error is None, f"the SDK could not sign an auth token: {error}")
        return token

    async def touch(self):
        """Best bid and ask in ticks."""
        book = await self.orders.order_book_orders(market_id=BTC, limit=1)
        ticks = lambda order: round(float(order.price) * 10)
        return ticks(book.bids[0]), ticks(book.asks[0])

    async def position(self):
        answer = await self.accounts.account(by="index", value=str(self.account))
        rows = [row for row in answer.accounts[0].positions if row.market_id == BTC]
        return rows[0].sign * float(rows[0].position) if rows else 0.0

    async def order(self, index):
        """What the venue knows of an order with this client order index."""
        answer = await self.orders.account_orders(
            client_order_indexes=str(index), account_index=self.account, authorization=self.token())
        return answer.orders[0] if answer.orders else None

    async def ended(self, index):
        async def look():
            order = await self.order(index)
            return order if order and order.status not in ("open", "pending", "in-progress") else None
        return await eventually(look, f"order {index} did not end within {PATIENCE_S} s")

    async def rest(self, below=0.01):
        """A post-only bid below the market."""
        index, (bid, _) = self.next_index(), await self.touch()
        sent = await self.signer.create_order(
            market_index=BTC, client_order_index=index, base_amount=SIZE_STEPS, price=round(bid * (1 - below)),
            is_ask=False, order_type=self.signer.ORDER_TYPE_LIMIT,
            time_in_force=self.signer.ORDER_TIME_IN_FORCE_POST_ONLY)
        accepted(sent, "a post-only bid")
        async def look():
            order = await self.order(index)
            return order if order and order.status == "open" else None
        return await eventually(look, "a post-only bid below the market did not come to rest")

    async def market(self, is_ask, reduce_only=False):
        index, (bid, ask) = self.next_index(), await self.touch()
        bound = round(bid * 0.99) if is_ask else round(ask * 1.01)
        sent = await self.signer.create_market_order(
            market_index=BTC, client_order_index=index, base_amount=SIZE_STEPS, avg_execution_price=bound,
            is_ask=is_ask, reduce_only=reduce_only)
        accepted(sent, "a market order")
        return await self.ended(index)

    async def dismiss(self, other):
        """The SDK's native part knows one signer per account and slot: after another one it has to be told again."""
        await other.close()
        self.signer.create_client(self.slot)

    async def close(self):
        await self.signer.close()


def accepted(sent, what):
    _, answer, error = sent
    expect(error is None and answer is not None and answer.code == 200, f"{what} was refused: {error}")
    return answer


async def key_is_registered_and_a_foreign_key_is_not(desk):
    problem = desk.signer.check_client()
    expect(problem is None, f"check_client finds fault with the registered key: {problem}")
    foreign, _, _ = lighter.create_api_key()
    stranger = desk.new_signer(api_private_keys={desk.slot: foreign})
    expect(stranger.check_client() is not None, "check_client finds no fault with a key that is not registered")
    await desk.dismiss(stranger)


async def nonces_count_accepted_transactions(desk):
    async def nonce():
        return (await desk.txs.next_nonce(account_index=desk.account, api_key_index=desk.slot)).nonce
    before = await nonce()
    order = await desk.rest()
    expect(await nonce() == before + 1, "an accepted order did not move the nonce by one")
    _, _, error = await desk.signer.cancel_order(
        market_index=BTC, order_index=order.order_index, nonce=before, api_key_index=desk.slot)
    expect(error and "21104" in str(error), f"a used nonce was not refused with 21104: {error}")
    expect(await nonce() == before + 1, "a refused transaction spent a nonce")
    accepted(await desk.signer.cancel_order(market_index=BTC, order_index=order.order_index), "a cancel")
    await desk.ended(order.client_order_index)


async def every_nonce_manager_of_the_sdk_works(desk):
    kinds = nonce_manager.NonceManagerType
    for kind in (kinds.OPTIMISTIC, kinds.API):
        signer = desk.new_signer(nonce_management_type=kind)
        for _ in range(2):
            sent = await signer.cancel_all_orders(time_in_force=signer.CANCEL_ALL_TIF_IMMEDIATE, timestamp_ms=0)
            accepted(sent, f"a cancel-all under nonce manager {kind}")
            await asyncio.sleep(0.4)
        await desk.dismiss(signer)
    desk.signer.nonce_manager.hard_refresh_nonce(desk.slot)


async def a_nonce_may_be_skipped_when_the_transaction_says_so(desk):
    nonce = int(time.time() * 1000)
    sent = await desk.signer.cancel_all_orders(
        time_in_force=desk.signer.CANCEL_ALL_TIF_IMMEDIATE, timestamp_ms=0, skip_nonce=1, nonce=nonce,
        api_key_index=desk.slot)
    accepted(sent, "a cancel-all that skips nonces")
    answer = await desk.txs.next_nonce(account_index=desk.account, api_key_index=desk.slot)
    expect(answer.nonce == nonce + 1, f"after nonce {nonce} the venue expects {answer.nonce}")
    desk.signer.nonce_manager.hard_refresh_nonce(desk.slot)


async def market_data_reads(desk):
    books = (await desk.orders.order_books()).order_books
    expect({"BTC", "ETH", "SOL"} <= {book.symbol for book in books}, "BTC, ETH or SOL is not listed")
    details = (await desk.orders.order_book_details(market_id=BTC)).order_book_details[0]
    expect(float(details.mark_price) > 0, "BTC has no mark price")
    bid, ask = await desk.touch()
    expect(0 < bid < ask, f"the book is crossed or empty: {bid} / {ask}")
    expect((await lighter.RootApi(desk.signer.api_client).status()).status == 1, "the venue does not call itself up")


async def market_order_opens_and_a_reduce_only_one_closes(desk):
    opened = await desk.market(is_ask=False)
    expect(opened.status == "filled", f"the market buy ended {opened.status}")
    expect(float(opened.filled_base_amount) == SIZE_STEPS / 1e5, f"it filled {opened.filled_base_amount}")
    expect(await desk.position() == SIZE_STEPS / 1e5, "the position is not what was bought")
    trades = await desk.orders.trades(
        sort_by="timestamp", limit=10, account_index=desk.account, authorization=desk.token())
    own = [trade for trade in trades.trades if trade.bid_client_id == opened.client_order_index]
    expect(sum(float(trade.size) for trade in own) == float(opened.filled_base_amount), "trades do not add up to it")
    closed = await desk.market(is_ask=True, reduce_only=True)
    expect(closed.status == "filled" and await desk.position() == 0.0, "the reduce-only sell did not close it")


async def immediate_limit_beyond_the_market_ends_unfilled(desk):
    index, (bid, _) = desk.next_index(), await desk.touch()
    sent = await desk.signer.create_order(
        market_index=BTC, client_order_index=index, base_amount=SIZE_STEPS, price=round(bid * 0.97), is_ask=False,
        order_type=desk.signer.ORDER_TYPE_LIMIT, order_expiry=desk.signer.DEFAULT_IOC_EXPIRY,
        time_in_force=desk.signer.ORDER_TIME_IN_FORCE_IMMEDIATE_OR_CANCEL)
    receipt = accepted(sent, "an immediate limit")
    order = await desk.ended(index)
    expect(order.status.startswith("canceled") and float(order.filled_base_amount) == 0, f"it ended {order.status}")
    record = await desk.txs.tx(by="hash", value=receipt.tx_hash)
    expect(record.status >= 2 and json.loads(record.event_info)["ae"] == "", "its transaction is not an accepted one")


async def limit_rests_is_modified_and_cancelled(desk):
    order = await desk.rest()
    accepted(
        await desk.signer.modify_order(
            market_index=BTC, order_index=order.order_index, base_amount=SIZE_STEPS * 2,
            price=round(float(order.price) * 10) - 100, trigger_price=0),
        "a modify")
    async def look():
        changed = await desk.order(order.client_order_index)
        return changed if float(changed.initial_base_amount) == SIZE_STEPS * 2 / 1e5 else None
    changed = await eventually(look, "the modified size did not show")
    expect(changed.status == "open" and float(changed.price) < float(order.price), "the modified price did not show")
    # By client order index this time: the venue takes either.
    accepted(await desk.signer.cancel_order(market_index=BTC, order_index=order.client_order_index), "a cancel")
    ended = await desk.ended(order.client_order_index)
    expect(ended.status == "canceled", f"a cancelled order ended {ended.status}")
    expect(float(ended.remaining_base_amount) == 0, "a cancelled order still shows something remaining")


async def cancel_all_ends_every_order(desk):
    resting = [await desk.rest(below) for below in (0.01, 0.02)]
    sent = await desk.signer.cancel_all_orders(time_in_force=desk.signer.CANCEL_ALL_TIF_IMMEDIATE, timestamp_ms=0)
    accepted(sent, "a cancel-all")
    for order in resting:
        await desk.ended(order.client_order_index)
    active = await desk.orders.account_active_orders(
        account_index=desk.account, market_id=BTC, authorization=desk.token())
    expect(active.orders == [], "orders are active after a cancel-all")


async def cancel_all_can_be_scheduled_and_aborted(desk):
    async def scheduled():
        return (await desk.accounts.account(by="index", value=str(desk.account))).accounts[0].cancel_all_time
    due = int(time.time() * 1000) + 400_000
    kinds = desk.signer
    accepted(await kinds.cancel_all_orders(kinds.CANCEL_ALL_TIF_SCHEDULED, due), "a scheduled cancel-all")
    async def set_():
        return await scheduled() == due
    await eventually(set_, "the scheduled cancel-all does not show in the account")
    accepted(await kinds.cancel_all_orders(kinds.CANCEL_ALL_TIF_ABORT, 0), "an aborted cancel-all")
    async def cleared():
        return await scheduled() == 0
    await eventually(cleared, "the aborted cancel-all still shows in the account")


async def batch_is_taken_whole_with_its_hashes(desk):
    bid, _ = await desk.touch()
    nonce = (await desk.txs.next_nonce(account_index=desk.account, api_key_index=desk.slot)).nonce
    indexes = [desk.next_index(), desk.next_index()]
    signed = [desk.signer.sign_create_order(
        BTC, index, SIZE_STEPS, round(bid * 0.98), 0, 0, 2, nonce=nonce + number, api_key_index=desk.slot)
        for number, index in enumerate(indexes)]
    answer = await desk.signer.send_tx_batch([tx[0] for tx in signed], [tx[1] for tx in signed])
    expect(answer.tx_hash == [tx[2] for tx in signed], "the venue computed other hashes than the official signer")
    desk.signer.nonce_manager.hard_refresh_nonce(desk.slot)
    await cancel_all_now(desk, indexes)


async def cancel_all_now(desk, indexes):
    sent = await desk.signer.cancel_all_orders(time_in_force=desk.signer.CANCEL_ALL_TIF_IMMEDIATE, timestamp_ms=0)
    accepted(sent, "a cancel-all")
    for index in indexes:
        await desk.ended(index)


async def leverage_shows_in_the_position(desk):
    async def fraction():
        answer = await desk.accounts.account(by="index", value=str(desk.account))
        rows = [row for row in answer.accounts[0].positions if row.market_id == BTC]
        return float(rows[0].initial_margin_fraction) if rows else None
    for leverage, percent in ((10, 10.0), (20, 5.0)):
        sent = await desk.signer.update_leverage(BTC, desk.signer.CROSS_MARGIN_MODE, leverage)
        accepted(sent, f"leverage {leverage}")
        async def look():
            return await fraction() == percent
        await eventually(look, f"leverage {leverage} does not show as {percent} percent")


async def account_is_found_by_number_and_by_address(desk):
    account = (await desk.accounts.account(by="index", value=str(desk.account))).accounts[0]
    expect(float(account.available_balance) > 0, "the account has no money")
    owned = await desk.accounts.accounts_by_l1_address(l1_address=account.l1_address)
    expect(desk.account in [sub.index for sub in owned.sub_accounts], "its address does not lead to the account")
    limits = await desk.accounts.account_limits(account_index=desk.account, authorization=desk.token())
    expect(limits.current_taker_fee_tick >= 0, "the account has no fee")


async def private_reads_want_a_good_token(desk):
    for token in (None, desk.token()[:-4] + "0000"):
        try:
            await desk.orders.account_active_orders(
                account_index=desk.account, market_id=BTC, authorization=token)
        except lighter.exceptions.ApiException as refusal:
            code = json.loads(refusal.body)["code"]
            expect(code in (20001, 20013), f"a private read without a good token answered {code}")
        else:
            raise Broken("a private read was answered without a good token")


async def book_over_websocket_stays_whole(desk):
    books, accounts = [], []
    def on_book(market, book):
        bids, asks = ([float(row["price"]) for row in book[side]] for side in ("bids", "asks"))
        books.append((market, max(bids), min(asks)))
    client = lighter.WsClient(
        ws_url=desk.ws_url, order_book_ids=[BTC], account_ids=[desk.account], on_order_book_update=on_book,
        on_account_update=lambda account, state: accounts.append((account, state)))
    running = asyncio.create_task(client.run_async())
    try:
        async def look():
            return len(books) >= 20 and accounts
        await eventually(look, f"WsClient saw {len(books)} books and {len(accounts)} account states")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    expect(all(bid < ask for _, bid, ask in books), "the book kept by WsClient was crossed")


async def private_channels_tell_of_an_order(desk):
    names = ("account_all", "account_all_orders", "account_all_trades", "account_all_positions", "account_tx",
             "user_stats")
    async with connect(desk.ws_url) as socket:
        for name in names:
            await socket.send(json.dumps(
                {"type": "subscribe", "channel": f"{name}/{desk.account}", "auth": desk.token()}))
        missing = {f"subscribed/{name}" for name in names}
        await hear(socket, missing)
        await desk.market(is_ask=False)
        await hear(socket, {f"update/{name}" for name in names})
        await desk.market(is_ask=True, reduce_only=True)


async def hear(socket, missing):
    """Reads frames until each type has come."""
    end = time.monotonic() + PATIENCE_S
    while missing:
        try:
            text = await asyncio.wait_for(socket.recv(), end - time.monotonic())
        except asyncio.TimeoutError:
            raise Broken(f"these frames did not come within {PATIENCE_S} s: {sorted(missing)}") from None
        frame = json.loads(text)
        expect("error" not in frame, f"the venue answered {frame}")
        missing.discard(frame["type"])


async def transaction_for_another_chain_is_refused(desk):
    signer = desk.new_signer(chain_id=desk.chain_id - 4)
    _, _, error = await signer.cancel_all_orders(time_in_force=signer.CANCEL_ALL_TIF_IMMEDIATE, timestamp_ms=0)
    expect(error and "21120" in str(error), f"a signature for another chain was not refused with 21120: {error}")
    await desk.dismiss(signer)


PROMISES = (
    key_is_registered_and_a_foreign_key_is_not, market_data_reads, account_is_found_by_number_and_by_address,
    private_reads_want_a_good_token, nonces_count_accepted_transactions, every_nonce_manager_of_the_sdk_works,
    market_order_opens_and_a_reduce_only_one_closes, immediate_limit_beyond_the_market_ends_unfilled,
    limit_rests_is_modified_and_cancelled, cancel_all_ends_every_order, cancel_all_can_be_scheduled_and_aborted,
    batch_is_taken_whole_with_its_hashes, leverage_shows_in_the_position, book_over_websocket_stays_whole,
    private_channels_tell_of_an_order, transaction_for_another_chain_is_refused,
    a_nonce_may_be_skipped_when_the_transaction_says_so,
)


async def main(path):
    desk = Desk(read_env(path))
    try:
        for promise in PROMISES:
            name = promise.__name__.replace("_", " ")
            try:
                await promise(desk)
            except Exception as cause:  # whatever the SDK raises is a broken promise of the venue
                print(f"BROKEN {name}: {cause or repr(cause)}", file=sys.stderr)
                return 1
            print(f"ok {name}", flush=True)
    finally:
        await desk.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: lighter.py FILE (written by `hedge-fast sim --env-out FILE`)")
    sys.exit(asyncio.run(main(sys.argv[1])))
