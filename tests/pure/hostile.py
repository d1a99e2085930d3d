"""Names that a user, an identity provider or a typing error may bring; what the tests of names and values are fed with."""

from __future__ import annotations

from hypothesis import strategies as st

EXAMPLES = (
    "",
    " ",
    ".",
    "..",
    "../..",
    "/etc/passwd",
    "-",
    "--",
    "a--b",
    "a-",
    "-a",
    "9lives",
    "Anna",
    "anna",
    "anna@site.org",
    "CORP\\anna",
    "O'Brien",
    "anna\nadmin: true",
    "anna\rspark.master local",
    "anna\0",
    "\0",
    "{username}",
    "{kernel_id}",
    "{{APP_ID}}",
    "$(POD_IP)",
    "$$",
    "${env:HOME}",
    "%s",
    "a,jupyter-sparkk8s/role=driver",
    "anna:x:0:0",
    "#anna",
    "Ærøskøbing",
    "\u0661\u0662",  # digits, but not ASCII's
    "\u212a",  # KELVIN SIGN, whose lower case is "k"
    "a\u0301",
    "\U0001f52d",
    "\ud800",  # half a character, as an operating system's bytes may decode to
    "x" * 30,
    "x" * 31,
    "x" * 64,
    "x" * 65,
    "x" * 1000,
    "x" * 300 + "1",
    "x" * 300 + "2",
)

# All of Unicode, halves of characters included. Not st.text(): its first use sorts all of Unicode, which takes seconds.
anything = st.lists(st.integers(0, 0x10FFFF).map(chr), max_size=80).map("".join)
names = st.one_of(
    st.sampled_from(EXAMPLES),
    anything,
    st.text(alphabet="ab-", max_size=8),
    st.text(alphabet="aAbB9-_./ ", max_size=40),
)
