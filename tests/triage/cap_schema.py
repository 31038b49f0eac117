"""What CAP 1.2 asks of a message, in our own words: which elements in which order and how often, which
values, and the rules that the standard states beside its schema. The schema file itself is not ours to
carry along."""

import re
import xml.etree.ElementTree as ET

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
NAMED_VALUE = "valueName value"
CHILDREN = {
    "alert": "identifier sender sent status msgType source? scope restriction? addresses? code* note? "
    "references? incidents? info*",
    "info": "language? category+ event responseType* urgency severity certainty audience? eventCode* "
    "effective? onset? expires? senderName? headline? description? instruction? web? contact? parameter* "
    "resource* area*",
    "eventCode": NAMED_VALUE,
    "parameter": NAMED_VALUE,
    "geocode": NAMED_VALUE,
    "resource": "resourceDesc mimeType size? uri? derefUri? digest?",
    "area": "areaDesc polygon* circle* geocode* altitude? ceiling?",
}
"""`?` at most once, `*` any number, `+` once or more, nothing exactly once; in this order."""
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"
NAME = r"[^\s,<&]+"
VALUES = {
    "identifier": NAME,
    "sender": NAME,
    "status": "Actual|Exercise|System|Test|Draft",
    "msgType": "Alert|Update|Cancel|Ack|Error",
    "scope": "Public|Restricted|Private",
    "category": "Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other",
    "responseType": "Shelter|Evacuate|Prepare|Execute|Avoid|Monitor|Assess|AllClear|None",
    "urgency": "Immediate|Expected|Future|Past|Unknown",
    "severity": "Extreme|Severe|Moderate|Minor|Unknown",
    "certainty": "Observed|Likely|Possible|Unlikely|Unknown",
    "references": rf"{NAME},{NAME},{TIME}( {NAME},{NAME},{TIME})*",
    "language": r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*",
    **dict.fromkeys(("sent", "effective", "onset", "expires"), TIME),
}
LONGEST_HEADLINE = 160
EARLIER = ("Update", "Cancel", "Ack", "Error")


def faults(text: str) -> list[str]:
    """What is wrong with a message; empty if nothing is."""
    root = ET.fromstring(text)
    if root.tag != f"{NAMESPACE}alert":
        return [f"the root is {root.tag}"]
    return [*_of(root), *_of_the_whole(root)]


def _of(element: ET.Element) -> list[str]:
    tag = element.tag.removeprefix(NAMESPACE)
    if tag not in CHILDREN:
        return _of_value(tag, element)
    found = [fault for child in element for fault in _of(child)]
    order = " ".join(child.tag.removeprefix(NAMESPACE) for child in element) + " "
    if not re.fullmatch(_expression(CHILDREN[tag]), order):
        found.append(f"in {tag} stands {order}")
    return found


def _of_value(tag: str, element: ET.Element) -> list[str]:
    value = element.text or ""
    if len(element) or not value.strip():
        return [f"{tag} is no text"]
    # Whatever has no list of values may be any text.
    return [] if re.fullmatch(VALUES.get(tag, r"(?s:.+)"), value) else [f"{tag} is {value}"]


def _expression(model: str) -> str:
    words = re.findall(r"(\w+)([?*+]?)", model)
    return "".join(f"({word} ){often}" for word, often in words)


def _of_the_whole(root: ET.Element) -> list[str]:
    def has(tag: str) -> bool:
        return root.find(f"{NAMESPACE}{tag}") is not None

    kind, scope = root.findtext(f"{NAMESPACE}msgType"), root.findtext(f"{NAMESPACE}scope")
    wrong = {
        "Restricted without restriction": scope == "Restricted" and not has("restriction"),
        "Private without addresses": scope == "Private" and not has("addresses"),
        f"{kind} without references": kind in EARLIER and not has("references"),
        "an Alert that refers to another": kind == "Alert" and has("references"),
        "a long headline": any(
            len(one.text or "") > LONGEST_HEADLINE for one in root.iter(f"{NAMESPACE}headline")
        ),
    }
    return [fault for fault, is_so in wrong.items() if is_so]
