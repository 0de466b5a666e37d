"""What a district's own form of the report may hold, and why one cannot be filled in."""

from enum import Enum


class OfficialRefusal(Enum):
    """Why the official form cannot be made from the district's template."""

    UNREADABLE = "unreadable"  # facts["name"]: the file; it is not there, or no .docx
    UNKNOWN = "unknown"  # facts["placeholder"], facts["known"]
    MISSING = "missing"  # facts["placeholder"]: a report says nothing without it
    NOT_ALONE = "not_alone"  # facts["placeholder"]: it needs a paragraph of its own in the text


INLINE = ("单位", "月份", "标题", "概况", "版本", "状态", "日期")
"""Placeholders that become a few words, anywhere: 【单位】."""

BLOCKS = ("正文", "口径说明", "表：主要指标", "表：分站", "表：覆盖", "表：空白")
"""Placeholders that become paragraphs or a table; each stands alone in a paragraph of the text."""

NEEDED = ("月份", "正文")
"""What no form can do without."""
