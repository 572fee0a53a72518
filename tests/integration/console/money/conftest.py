from tests.integration.billing.conftest import approved, generic, in_review, keep, new_deal

__all__ = ["approved", "generic", "in_review", "keep", "new_deal"]
