"""Who asks to sign in is mailed a link."""

from datetime import datetime

from dealreg.capability import Capability, Change
from dealreg.notifications import store as notifications
from dealreg.notifications.model import Notice
from dealreg.partners import letters
from dealreg.platform.settings import Setting


def on_credential(change: Change, _: datetime) -> None:
    row = change.new
    if row.get("kind") == "sign_in" and not change.old:
        notifications.enqueue(Notice("sign_in", row["sign_in_id"], Setting.PARTNERS_TABLE, row["pk"], row["sk"]))


PARTNERS = Capability(
    name="partners",
    stream_handlers={(Setting.PARTNERS_TABLE, "CREDENTIAL"): on_credential},
    letters={"sign_in": letters.write_sign_in},
)
