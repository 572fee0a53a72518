"""Signing in without a password: a link by e-mail, good once and for a quarter of an hour, opens a session of a month.

The link's token is derived from the deployment's secret, so only its hash is stored and the relay, which sends the mail
when the row appears in the stream, can write the link all the same.
"""

import logging
from datetime import datetime, timedelta

from dealreg.partners import users
from dealreg.partners.credentials import PREFIXES, credential_key, new_row
from dealreg.partners.rows import partner_key, table, user_key
from dealreg.partners.users import User
from dealreg.platform import dynamo, ids, outbox, times, tokens
from dealreg.platform.errors import ConditionFailed, FieldError, Forbidden, Gone, InvalidInput, NotFound
from dealreg.platform.hosts import normalise_email

logger = logging.getLogger(__name__)

SIGN_IN_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=30)
SIGN_INS_PER_HOUR = 20
_KEPT_AFTER_EXPIRY = timedelta(days=1)
"""So that a late click learns that the link expired, not that there never was one."""


def request_sign_in(email: str, now: datetime) -> None:
    """Has a link mailed if the address is a user's. Raises InvalidInput for what is no address.

    A known, an unknown and a too often used address get the same answer, after the same calls to the database.
    """
    try:
        address = normalise_email(email)
    except ValueError as error:
        raise InvalidInput([FieldError("email", str(error))]) from None
    partner_id, user_id = users.find(address) or ("", "")
    sign_in_id = ids.new_id("sgn", now)
    row = {
        "pk": credential_key(link_token(sign_in_id)).pk,
        "sk": "CREDENTIAL",
        "kind": "sign_in" if user_id else "sign_in_unknown",
        "sign_in_id": sign_in_id,
        "partner_id": partner_id,
        "user_id": user_id,
        **(outbox.MARK if user_id else {}),
        "expires_at": times.to_text(now + SIGN_IN_LASTS),
        "ttl": int((now + SIGN_IN_LASTS + _KEPT_AFTER_EXPIRY).timestamp()),
    }
    try:
        dynamo.transact([_count(address, now), dynamo.put(table(), row, dynamo.ABSENT)])
    except ConditionFailed:
        logger.info("too many sign-in links", extra={"user_id": user_id})
    else:
        logger.info("sign-in link requested", extra={"sign_in_id": sign_in_id, "user_id": user_id})


def _count(address: str, now: datetime) -> dynamo.Action:
    """Fails once an address has had its links of this hour. It may be a stranger's, so only its hash is kept."""
    hour = times.to_text(now)[:13]
    key = dynamo.Key(table(), f"SIGN_INS#{tokens.hash_token(address)}", hour)
    return dynamo.update(
        key,
        change={"ttl": int((now + timedelta(hours=2)).timestamp())},
        add={"count": 1},
        when="attribute_not_exists(#count) OR #count < :most",
        values={"most": SIGN_INS_PER_HOUR},
    )


def link_token(sign_in_id: str) -> str:
    """What the mailed link ends with."""
    return tokens.derive("sign-in", sign_in_id)


def open_sign_in(token: str, now: datetime) -> User:
    """Whom a link signs in; changes nothing, since mail scanners open links. Raises NotFound or Gone."""
    row = _live_sign_in(token, now)
    return users.load(row["partner_id"], row["user_id"])


def use_sign_in(token: str, now: datetime) -> str:
    """The token of a new session; the link is used up. Raises NotFound, Gone, or Forbidden for a suspended partner."""
    row = _live_sign_in(token, now)
    session = tokens.new_token(PREFIXES["session"])
    session_row = new_row(session, "session", row["partner_id"], row["user_id"], now)
    session_row |= {
        "expires_at": times.to_text(now + SESSION_LASTS),
        "ttl": int((now + SESSION_LASTS).timestamp()),
    }
    unused = "attribute_exists(pk) AND attribute_not_exists(#used_at)"
    used = {"used_at": times.to_text(now)}
    use = dynamo.update(credential_key(token), change=used, remove=tuple(outbox.MARK), when=unused)
    active = dynamo.check(partner_key(row["partner_id"]), "#status = :active", {"active": "active"})
    there = dynamo.check(user_key(row["partner_id"], row["user_id"]), dynamo.PRESENT)
    try:
        dynamo.transact([use, active, there, dynamo.put(table(), session_row, dynamo.ABSENT)])
    except ConditionFailed as error:
        if 1 in error.failures:
            raise Forbidden("The access of your company is suspended. Please ask your partner manager.") from None
        if 2 in error.failures:
            raise Forbidden("You have no access any more. Please ask your partner manager.") from None
        raise Gone("This link was used already. Ask for a new one.") from None
    logger.info("signed in", extra={"sign_in_id": row["sign_in_id"], "user_id": row["user_id"]})
    return session


def _live_sign_in(token: str, now: datetime) -> dynamo.Item:
    key = credential_key(token)
    row = dynamo.get(key.table, key.pk, key.sk)
    if row is None or row["kind"] != "sign_in":
        raise NotFound("This sign-in link is not complete. Open it from the e-mail again.")
    if "used_at" in row:
        raise Gone("This link was used already. Ask for a new one.")
    if row["expires_at"] <= times.to_text(now):
        raise Gone("This link has expired. Ask for a new one.")
    return row


def end_session(token: str) -> None:
    """Signing out twice does no harm; a token of another kind is left alone."""
    try:
        dynamo.write(dynamo.delete(credential_key(token), "#kind = :session", {"session": "session"}))
    except ConditionFailed:
        logger.info("no session to end")
