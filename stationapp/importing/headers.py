"""Finding the row of heads and knowing what each column is, whatever the order (surface.md "Files in")."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from stationapp.importing.tables import Line, Sheet
from stationapp.importing.values import folded, text_of

LOOKED_THROUGH = 40  # lines from the top


class Column(NamedTuple):
    """A column a file may have: its field in the code, whether it is needed, its heads (the first is ours)."""

    field: str
    needed: bool
    heads: tuple[str, ...]


@dataclass(frozen=True)
class Heads:
    """The row of heads of one sheet.

    `at` maps a field to its position; `named` a field to the head as written; `unknown` the heads nobody
    knows; `missing` our names of needed columns that are not there; `double` heads that mean the same.
    """

    line: int
    at: dict[str, int]
    named: dict[str, str]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    double: tuple[str, ...]


IGNORED = ("序号", "编号", "行号", "no", "no.", "#")

SITES = (
    Column("code", True, ("代码", "阵地代码", "站点代码", "单位代码", "编码", "区划代码", "行政区划代码")),
    Column("level", True, ("层级", "级别", "类型", "阵地层级", "阵地类型")),
    Column("name", True, ("名称", "阵地名称", "站点名称", "单位名称", "全称")),
    Column("parent", True, ("上级代码", "上级", "上级编码", "上级阵地代码", "所属代码", "上级单位代码")),
    Column("address", False, ("地址", "阵地地址", "详细地址", "地点")),
    Column("phone", False, ("电话", "联系电话", "电话号码", "联系方式", "咨询电话")),
    Column("legal_body", False, ("法人单位", "法人", "主管单位", "法人名称", "法人单位名称")),
    Column("hours", False, ("开放时间", "开门时间", "服务时间", "开放时段")),
    Column("since", False, ("启用日期", "设立日期", "成立日期", "启用时间")),
    Column("until", False, ("最后在用日", "停用日期", "撤并日期", "撤销日期")),
    Column("successor", False, ("并入代码", "并入", "合并到", "并入阵地代码")),
)
POPULATION = (
    Column("site", True, ("代码", "阵地代码", "社区代码", "站点代码", "编码", "区划代码")),
    Column("group", True, ("群体", "人群", "类别", "年龄段", "人口群体")),
    Column("people", True, ("人数", "人口数", "人口", "数量")),
    Column("as_of", True, ("截至", "截止", "截至日期", "截止日期", "统计日期", "统计时间", "时点")),
    Column("source", False, ("来源", "数据来源", "出处")),
)
ROOMS = (
    Column("site", True, ("阵地代码", "代码", "站点代码", "社区代码", "编码")),
    Column("name", True, ("功能室", "功能室名称", "房间", "场地", "场地名称", "名称", "活动室")),
    Column("capacity", False, ("容纳人数", "人数", "容量", "可容纳人数", "座位数", "最多人数")),
    Column("floor", False, ("楼层", "所在楼层", "层")),
    Column("accessible", False, ("无障碍", "是否无障碍", "无障碍设施", "轮椅可达")),
    Column("hours", False, ("开放时间", "开门时间", "开放时段", "服务时间")),
)
HOLIDAYS = (
    Column("day", True, ("日期", "时间", "放假日期")),
    Column("name", True, ("名称", "节日", "节假日", "节日名称", "说明")),
    Column("works", True, ("休/班", "休班", "班/休", "休或班", "类型", "是否上班")),
)
PLAN = (
    Column("organiser", True, ("承办单位", "主办单位", "承办阵地", "实践站", "站点", "单位", "活动单位", "承办站点")),
    Column("title", True, ("活动名称", "名称", "活动", "活动主题", "活动项目", "项目名称")),
    Column("category", True, ("活动类别", "类别", "活动类型", "类型", "服务类别")),
    Column("time", True, ("时间", "活动时间", "开展时间", "举办时间", "日期时间", "活动日期及时间")),
    Column("date", False, ("日期", "活动日期", "举办日期")),
    Column("place", False, ("地点", "活动地点", "场地", "活动场所", "举办地点")),
    Column("audience", False, ("对象", "参加对象", "活动对象", "服务对象", "参与对象", "面向人群")),
    Column("capacity", False, ("人数", "参加人数", "名额", "活动人数", "预计人数", "计划人数", "参与人数")),
    Column("contact", False, ("负责人及电话", "负责人和电话", "负责人电话", "联系人及电话", "负责人及联系方式",
                              "联系人及联系方式", "联系方式", "联系电话", "电话")),
    Column("person", False, ("负责人", "联系人", "责任人", "负责人姓名")),
    Column("note", False, ("备注", "说明", "其他")),
    Column("task", False, ("任务", "五大任务", "工作任务", "所属任务")),
)  # fmt: skip
SIGNIN = (
    Column("serial", False, ("序号", "编号", "行号", "no", "no.")),
    Column("name", True, ("姓名", "名字", "参加人", "参加人员", "居民姓名")),
    Column("phone", False, ("电话", "联系电话", "电话号码", "手机", "手机号", "手机号码", "联系方式")),
    Column("born", False, ("年龄/出生年月", "出生年月/年龄", "年龄", "出生年月", "出生日期", "生日")),
    Column(
        "home",
        False,
        ("住址", "住址/社区", "家庭住址", "地址", "社区", "小区", "所在社区", "居住地", "住在哪个社区"),
    ),
    Column("sign", True, ("签名", "签字", "签到", "本人签名", "到场")),
    Column("part", False, ("身份", "角色", "类别", "人员类别")),
)
_WHO = tuple(column for column in SIGNIN if column.field in ("serial", "name", "phone", "born", "home"))
SIGNUPS = (
    *_WHO,
    Column(
        "others", False, ("人数/同行", "同行", "同行人", "同行人员", "同行人姓名", "一起来的人", "同来的人")
    ),
    Column("count", False, ("人数", "共几人", "共几个人", "报名人数")),
    Column("way", False, ("方式", "报名方式", "渠道", "怎么报的")),
)

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕")


def folded_head(value: object) -> str:
    """A head for comparing: no blanks, no brackets with what they hold, no asterisk or colon."""
    text = "".join(unicodedata.normalize("NFKC", text_of(value)).split()).lower()
    return _BRACKETS.sub("", text).strip("*:：。、.#") or text


def find_heads(sheet: Sheet, columns: tuple[Column, ...]) -> Heads | None:
    """The line that knows the most columns, the upper one of equals; None when none knows at least two."""
    known = {folded_head(head): column.field for column in columns for head in column.heads}
    best: tuple[int, Line] | None = None
    for line in sheet.lines[:LOOKED_THROUGH]:
        fields = {known.get(folded_head(cell)) for cell in line.cells if isinstance(cell, str)} - {None}
        if len(fields) >= 2 and (best is None or len(fields) > best[0]):
            best = (len(fields), line)
    return _heads(best[1], columns, known) if best else None


def _heads(line: Line, columns: tuple[Column, ...], known: dict[str, str]) -> Heads:
    at: dict[str, int] = {}
    named: dict[str, str] = {}
    unknown, double = [], []
    for position, cell in enumerate(line.cells):
        head = folded_head(cell)
        field = known.get(head)
        if cell is None or (field is None and head in IGNORED):
            continue
        if field is None:
            unknown.append(text_of(cell))
        elif field in at:
            double.append(text_of(cell))
        else:
            at[field], named[field] = position, text_of(cell)
    missing = tuple(column.heads[0] for column in columns if column.needed and column.field not in at)
    return Heads(line.number, at, named, tuple(unknown), missing, tuple(double))


_TOTAL = re.compile(
    r"(?:本页|本月|全区|全部)?(?:合计|总计|小计|共计|累计)(?:\d*(?:场次|场|项|人次|人|次|个|家|户)?)"
)
_FOOTNOTE = re.compile(
    r"(?:注|备注|说明|填表(?:人|单位|日期|时间)?|制表(?:人|单位|日期)?|审核(?:人)?|审批|联系人|单位负责人)[:：(].*"
)


def is_furniture(line: Line, heads: Heads) -> bool:
    """Whether a line below the heads is no data: a total, a footnote, or the heads printed again."""
    filled = [(position, cell) for position, cell in enumerate(line.cells) if cell is not None]
    texts = [folded(cell) for _, cell in filled]
    first = texts[0] if texts else ""
    if _TOTAL.fullmatch(first.strip(":：")) or (len(texts) <= 2 and _FOOTNOTE.match(first)):
        return True
    at = {
        position: head for field, position in heads.at.items() for head in [folded_head(heads.named[field])]
    }
    again = sum(1 for position, cell in filled if at.get(position) == folded_head(cell))
    return again >= 2 and again * 2 > len(filled)
