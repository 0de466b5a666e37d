"""Names in pinyin, character by character. Standard library and pypinyin alone."""

import os

# The phrase table takes 50 MB in every worker and hardly holds a person's name: single characters do.
os.environ["PYPINYIN_NO_PHRASES"] = "true"
os.environ["PYPINYIN_NO_DICT_COPY"] = "true"

from pypinyin import Style, lazy_pinyin

# Characters that sound otherwise at the head of a name than elsewhere.
_SURNAMES = {"曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "任": "ren", "查": "zha", "朴": "piao", "区": "ou",
             "盖": "ge", "尉": "yu", "翟": "zhai", "乐": "yue", "召": "shao", "缪": "miao", "逄": "pang"}  # fmt: skip


def spelled(name: str) -> str:
    """The name in lower-case letters, what is not Chinese left out: 林晓燕 → "linxiaoyan"."""
    return _head(name) + "".join(lazy_pinyin(name[1:] if _head(name) else name, errors="ignore")).lower()


def initials(name: str) -> str:
    """First letters for finding a name on a roster, other writing kept: 张建华 → "zjh"."""
    head = _head(name)[:1]
    rest = name[1:] if head else name
    letters = lazy_pinyin(rest, style=Style.FIRST_LETTER, errors=lambda text: text)
    return (head + "".join(letters)).lower().replace("·", "")


def _head(name: str) -> str:
    return _SURNAMES.get(name[:1], "")
