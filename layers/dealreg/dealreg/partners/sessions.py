"""Signing in without a password: a link by e-mail, good once and for a quarter of an hour, opens a session of a month.

The link's token is derived from the deployment's secret, so only its hash is stored and the relay, which sends the mail
when the row appears in the stream, can write the link all the same.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dealreg.partners import staff, users
from dealreg.partners.credentials import PREFIXES, credential_key, new_row
from dealreg.partners.rows import partner_key, person_key, table
from dealreg.partners.staff import Member
from dealreg.partners.users import User
from dealreg.platform import dynamo, ids, limits, outbox, times, tokens
from dealreg.platform.errors import ConditionFailed, FieldError, Forbidden, Gone, InvalidInput, NotFound, RateLimited
from dealreg.platform.hosts import normalise_email
from dealreg.platform.http import Caller
from dealreg.platform.limits import Limit

logger = logging.getLogger(__name__)

SIGN_IN_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=30)
SIGN_INS_PER_HOUR = 20
PARTNER_START, STAFF_START = "/register", "/admin"
_TWO_TAPS = timedelta(seconds=10)
_KEPT_AFTER_EXPIRY = timedelta(days=1)
"""So that a late click learns that the link expired, not that there never was one."""


def request_sign_in(email: str, now: datetime, place: str = "") -> None:
    """Has a link mailed if the address is a user's, and else writes nothing. Raises InvalidInput for what is none.

    The link leads to `place`.

    A known, an unknown and a too often used address get the same answer, after the same calls to the database.
    """
    try:
        address = normalise_email(email)
    except ValueError as error:
        raise InvalidInput([FieldError("email", str(error))]) from None
    found, sign_in_id = users.find(address), ids.new_id("sgn", now)
    link, hourly = credential_key(link_token(sign_in_id)), _hourly(address, now)
    partner_id, user_id = found or ("", "")
    row = {
        "pk": link.pk,
        "sk": link.sk,
        "kind": "sign_in",
        "sign_in_id": sign_in_id,
        "partner_id": partner_id,
        "user_id": user_id,
        "place": place,
        **outbox.MARK,
        "expires_at": times.to_text(now + SIGN_IN_LASTS),
        "ttl": int((now + SIGN_IN_LASTS + _KEPT_AFTER_EXPIRY).timestamp()),
    }
    try:
        if found:
            limits.transact([dynamo.put(table(), row, dynamo.ABSENT)], hourly.allowance({}))
        else:
            dynamo.transact([dynamo.check(key, dynamo.ABSENT) for key in (link, *hourly.keys)])
    except (ConditionFailed, RateLimited):
        logger.info("too many sign-in links", extra={"user_id": user_id})
    else:
        logger.info("sign-in link requested", extra={"sign_in_id": sign_in_id, "user_id": user_id})


def _hourly(address: str, now: datetime) -> Limit:
    """Not read before it is counted: whether it was reached shows in no call that is missing."""
    return Limit(table(), "sign_ins", tokens.hash_token(address), SIGN_INS_PER_HOUR, now)


def link_token(sign_in_id: str) -> str:
    """What the mailed link ends with."""
    return tokens.derive("sign-in", sign_in_id)


def open_sign_in(token: str, now: datetime, browser: str = "") -> User | Member:
    """Whom a link signs in; changes nothing, since mail scanners open links. Raises NotFound or Gone."""
    row = _live_sign_in(token, now, browser)
    return person(row["partner_id"], row["user_id"])


def person(partner_id: str, user_id: str) -> User | Member:
    """A partner's, or one of the vendor's people. Raises NotFound for who has left."""
    return users.load(partner_id, user_id) if partner_id else staff.load(user_id)


def place_of(token: str) -> str:
    """Where a link leads: to the start page of whom it signs in, if nowhere in particular."""
    row = _row_of(token) or {}
    return row.get("place") or (STAFF_START if row and not row["partner_id"] else PARTNER_START)


def is_of(token: str, caller: Caller) -> bool:
    """Whether a link, used or expired, was mailed to this very person."""
    row = _row_of(token) or {}
    mailed_to = (row.get("kind"), row.get("partner_id"), row.get("user_id"))
    return mailed_to == ("sign_in", caller.partner_id, caller.user_id)


def use_sign_in(token: str, now: datetime, browser: str = "") -> str:
    """The token of a new session; the link is used up, but for a second press of its button.

    `browser` is a hash of what is known of who presses it. Raises NotFound, Gone, or Forbidden for a suspended partner.
    """
    row = _live_sign_in(token, now, browser)
    session = tokens.new_token(PREFIXES["session"])
    session_row = new_row(session, "session", row["partner_id"], row["user_id"], now)
    session_row |= {
        "expires_at": times.to_text(now + SESSION_LASTS),
        "ttl": int((now + SESSION_LASTS).timestamp()),
    }
    unused = "attribute_exists(pk) AND attribute_not_exists(#used_at)"
    used = {"used_at": times.to_text(now), "used_by": browser}
    use = dynamo.update(credential_key(token), change=used, remove=tuple(outbox.MARK), when=unused)
    if "used_at" in row:
        use = dynamo.check(credential_key(token), "#used_at = :used_at", {"used_at": row["used_at"]})
    there = dynamo.check(person_key(row["partner_id"], row["user_id"]), dynamo.PRESENT)
    actions = [use, there, dynamo.put(table(), session_row, dynamo.ABSENT)]
    if row["partner_id"]:
        actions.append(dynamo.check(partner_key(row["partner_id"]), "#status = :active", {"active": "active"}))
    try:
        dynamo.transact(actions)
    except ConditionFailed as error:
        if 3 in error.failures:
            raise Forbidden("The access of your company is suspended. Please ask your partner manager.") from None
        if 1 in error.failures:
            raise Forbidden("You have no access any more. Please ask your partner manager.") from None
        if _is_pressed_again(error.failures.get(0, {}), browser, now):
            return use_sign_in(token, now, browser)
        raise Gone("This link was used already. Ask for a new one.") from None
    logger.info("signed in", extra={"sign_in_id": row["sign_in_id"], "user_id": row["user_id"]})
    return session


def _row_of(token: str) -> dynamo.Item | None:
    key = credential_key(token)
    return dynamo.get(key.table, key.pk, key.sk)


def _live_sign_in(token: str, now: datetime, browser: str = "") -> dynamo.Item:
    row = _row_of(token)
    if row is None or row["kind"] != "sign_in":
        raise NotFound("This sign-in link is not complete. Open it from the e-mail again.")
    if "used_at" in row and not _is_pressed_again(row, browser, now):
        raise Gone("This link was used already. Ask for a new one.")
    if row["expires_at"] <= times.to_text(now):
        raise Gone("This link has expired. Ask for a new one.")
    return row


def _is_pressed_again(row: Mapping[str, Any], browser: str, now: datetime) -> bool:
    """Whether the same browser used the link seconds ago: two taps, of which it sees the second one's answer alone."""
    is_same = bool(browser) and row.get("used_by") == browser
    return is_same and now - times.from_text(row["used_at"]) <= _TWO_TAPS


def end_session(token: str) -> None:
    """Signing out twice does no harm; a token of another kind is left alone."""
    try:
        dynamo.write(dynamo.delete(credential_key(token), "#kind = :session", {"session": "session"}))
    except ConditionFailed:
        logger.info("no session to end")
