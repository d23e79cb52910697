"""A small set of texts made for Whet: requests that people send to a parcel service, as ``demo:requests``.

Few examples of each class and few words in common between them: a pretrained body knows what a bag of words does not.
"""

from __future__ import annotations

import pyarrow as pa

from whet.data.raw import Raw
from whet.data.sources.reader import Prefer, readers
from whet.errors import DataError, did_you_mean

__all__ = ["DemoSets"]

_PREFIX = "demo:"

_REQUESTS = {
    "where is it": """
        My order left the warehouse a week ago and nothing has come yet.
        Can you tell me when the box will get here?
        The tracking page has said in transit since Monday.
        I am still waiting for the shoes I ordered.
        How long until my package arrives?
        It was supposed to be here yesterday.
        Is there any news of my shipment?
        The courier never rang and I have no idea where my goods are.
        Please check the status of consignment 4471.
        Has my purchase been sent out?
        The estimated date has passed and the doorstep is empty.
        When can I expect the delivery?
        I would like to know how far along the parcel is.
        Could somebody find out which depot holds my items?
        Nothing turned up although the app claims it was dropped off.
        Still no sign of the lamp from last month.
        What day will the driver come to our street?
        My birthday present for mum seems to be lost on the way.
        The link you sent shows no movement at all.
        Did it get stuck at customs?
        Three weeks now, and the mailbox is as bare as ever.
        Any idea why it is taking so long?
        Tell me whether it will be here before Friday.
        The map says it is two towns away, and has done for days.
    """,
    "money back": """
        I want a refund for the broken kettle.
        Please return the amount to my card.
        You charged me twice for one thing.
        The coat does not fit, so I would like my cash again.
        How do I get reimbursed?
        I was billed for a service I never booked.
        Cancel it and send the payment back.
        The invoice is higher than what we agreed on.
        My bank shows two debits from your firm.
        When will the sum appear on my account?
        I sent everything back a fortnight ago and have not been paid.
        There is a fee on my statement that I do not recognise.
        The voucher was not taken off the total.
        I would rather be repaid than have a replacement.
        It never worked, and I am entitled to compensation.
        Why was I debited again this month?
        The price dropped the day after, can I have the difference?
        Take this charge off, please.
        I overpaid by twelve euros.
        Half of the items were missing, so I should pay half.
        Could the deposit be given back to me?
        My credit note has still not been honoured.
        I demand what I paid, in full.
        The discount that was promised is not on the bill.
    """,
    "new address": """
        I am moving to another town next month.
        Please send everything to my office from now on.
        Could you bring it to the neighbours instead?
        We have left the flat in Mill Lane.
        The street number on my profile is wrong.
        How can I edit where things are shipped?
        My postcode has changed.
        Forward the letters to our holiday home during August.
        I typed the wrong house when I ordered.
        Can the driver go to a different place?
        I would like to register a second location.
        From June on I live abroad.
        Put my parents' home down as the destination.
        There is a mistake in the town name on the label.
        Our company relocates to the harbour.
        Use the pick-up shop around the corner rather than my door.
        The apartment is on the third floor now, not the first.
        Update my contact details, I got a new place.
        I no longer live with my former partner, so change it, please.
        Redirect this one to the hotel where I am staying.
        The building has been renumbered from 5 to 7.
        May I still alter the place it goes to?
        Mail for my late uncle should come to us.
        I want to swap the billing and the shipping location.
    """,
    "cannot log in": """
        I forgot my password.
        The site says my user name does not exist.
        The code by text message never arrives.
        My account has been locked after three attempts.
        I cannot get into the app since the update.
        How do I reset my credentials?
        The sign-in button does nothing.
        It keeps asking me to confirm my e-mail.
        Somebody else seems to have access to my profile.
        The page throws me out as soon as I enter.
        I lost the phone with the authenticator on it.
        The verification link has expired.
        Your website tells me that the session is invalid.
        I would like to register, but the form rejects me.
        Two-step confirmation fails on my tablet.
        It says too many tries, come back later.
        My old mailbox is gone and I need it to prove who I am.
        I am told that the PIN is not correct, yet it is.
        The captcha never lets me through.
        Please unblock me.
        There is an error 403 when I open my area.
        The fingerprint stopped being accepted.
        How can I delete my profile and start again?
        I typed everything right and still get nowhere.
    """,
    "damaged": """
        The vase came in a hundred pieces.
        One corner of the carton was crushed.
        There is a deep scratch across the screen.
        The bottle leaked over everything else.
        It looked as if somebody had opened it before me.
        The table has only three legs in the box.
        A tear runs along the sleeve.
        The seal was broken when I got it.
        The frame is bent and does not close.
        Water had soaked through the wrapping.
        The mirror was cracked right down the middle.
        It smells burnt and will not switch on.
        The driver threw it over the fence, and now it rattles.
        Two of the six glasses are chipped.
        The book's cover is torn off.
        Mould all over the flowers.
        The paint has come off at the edges.
        My guitar arrived with a snapped neck.
        The plug is missing and the cable is frayed.
        What I unpacked was crumbs rather than biscuits.
        A wheel of the pram is wobbly from the transport.
        The picture was folded in two.
        The lid does not fit because it is dented.
        It was wrapped so badly that nothing survived.
    """,
}


class DemoSets:
    """Texts that were written for this purpose, with their class."""

    form = f"{_PREFIX}requests"
    endings = ()

    def matches(self, source: object) -> bool:
        """See ``Reader.matches``."""
        return isinstance(source, str) and source.startswith(_PREFIX)

    def read(self, source: object, *, prefer: Prefer) -> Raw:
        """See ``Reader.read``."""
        name = str(source).removeprefix(_PREFIX)
        if name != "requests":
            raise DataError(f"there is no demonstration set {name!r}. {did_you_mean(name, ['requests'])}")
        rows = [(line.strip(), label) for label, lines in _REQUESTS.items() for line in lines.strip().splitlines()]
        table = pa.table({"text": [text for text, _ in rows], "label": [label for _, label in rows]})
        return Raw(origin=f"{_PREFIX}{name}", table=table, target="label")


readers.register("demo")(DemoSets())
