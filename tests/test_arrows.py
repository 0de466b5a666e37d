"""Imports keep the arrows of stationapp/README.md; each message says what to do instead."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / "stationapp"
README = (ROOT / "README.md").read_text(encoding="utf-8")
FEATURES = re.search(r"left and down:\n\n`([^`]+)`", README)[1].split()
LAYERS = {"rules": 0, "models": 1, "queries": 2, "operations": 3, "checks": 3, "forms": 3}
KEEPERS = {"app", "cli", "commands", "tables", "system"}  # top-level modules that know features
FILES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")}


def imported(tree: ast.AST) -> set[str]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    return {f"{getattr(node, 'module', '')}.{one.name}".lstrip(".") for node in nodes for one in node.names}


def is_edge(stem: str) -> bool:
    return stem.split("_")[0] in ("views", "desk", "api", "guard", "mine", "runner")


def problems(path: Path, tree: ast.AST) -> list[str]:
    feature, stem = path.relative_to(ROOT).parts[0], path.stem
    if feature not in FEATURES or is_edge(stem):
        return []
    found = []
    for name in sorted(imported(tree)):
        _, _, rest = name.partition("stationapp.")
        other, module, *_ = [*rest.split("."), "", ""]
        if name.split(".")[0] in ("flask", "flask_wtf") and stem != "forms":
            found.append(f"{name}: pass the value in; only views, desk, api and forms know Flask")
        elif name.startswith("sqlalchemy") and stem == "rules":
            found.append(f"{name}: rules decide over plain values; read them in queries.py and hand them in")
        elif other in FEATURES and is_edge(module):
            found.append(
                f"{name}: nobody imports pages; move what is shared into queries.py or operations.py"
            )
        elif other in FEATURES and FEATURES.index(other) > FEATURES.index(feature):
            found.append(
                f"{name}: {other} stands right of {feature}; let an edge call both, or derive the value"
            )
        elif other == feature and LAYERS.get(module, 0) > LAYERS.get(stem, 3):
            found.append(f"{name}: {module} stands above {stem}; move what is shared down")
        elif other in KEEPERS:
            found.append(f"{name}: {other} knows every feature, so no feature may know it; pass the value in")
    return [f"{path.relative_to(ROOT)}: {one}" for one in found]


def test_imports_point_left_and_down():
    assert [one for path, tree in FILES.items() for one in problems(path, tree)] == []


def places(text: str) -> list[str]:
    return sorted(
        str(p.relative_to(ROOT)) for p in FILES for _ in re.findall(re.escape(text), p.read_text("utf-8"))
    )


def test_one_commit_and_one_clock():
    commits = [place for place in places(".commit(") if not place.startswith("migrations/")]
    assert commits == ["db.py"], "open `with transaction():` at the edge; operations never commit"
    for call in ("datetime.now(", "datetime.utcnow(", "date.today("):
        assert set(places(call)) <= {"clock.py"}, f"{call}: take `now` as a parameter; edges call clock.now()"
