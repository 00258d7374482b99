"""The report of `index_quality` as Markdown."""

from typing import Any

SINGLE = ("exact only", "BM25, stemmed", "encoder, item vectors", "encoder, best tag")
FUSED, OURS = "reciprocal rank fusion", "ours"


def _cell(scores: dict[str, float]) -> str:
    return f"{scores['recall_at_8']:.3f} / {scores['mrr']:.3f}"


def markdown(report: dict[str, Any]) -> str:
    """The report as tables; every cell is Recall@8 / MRR."""
    parts = report["keywords"]
    lines = [
        "| method | " + " | ".join(f"{name} ({part['queries']})" for name, part in parts.items()) + " |"
    ]
    lines += ["|---" * (len(parts) + 1) + "|"]
    for method in (*SINGLE, FUSED, OURS):
        lines.append(
            f"| {method} | " + " | ".join(_cell(part["scores"][method]) for part in parts.values()) + " |"
        )
    for name, part in parts.items():
        for metric, found in part["ours_to_best_single"].items():
            low, high = found["interval_95"]
            times = f"{found['ratio']:.3f} ({low:.3f} to {high:.3f})"
            lines.append(f"\n{name}, {metric}: ours is {times} × {part['best_single']}")
    lines += ["", "| typed | " + " | ".join((*SINGLE, FUSED, OURS)) + " |", "|---" * 7 + "|"]
    for name, scores in report["typing"].items():
        lines.append(f"| {name} | " + " | ".join(_cell(scores[m]) for m in (*SINGLE, FUSED, OURS)) + " |")
    lines += ["", "| locale | held out | in the index |", "|---|---|---|"]
    for locale, scores in report["locales"].items():
        lines.append(f"| {locale} | {_cell(scores['held out'])} | {_cell(scores['in the index'])} |")
    lines += ["", f"| ms, {report['items']} items | p50 | p99 |", "|---|---|---|"]
    for name, times in report["speed"].items():
        lines.append(f"| {name} | {times['p50_ms']:.2f} | {times['p99_ms']:.2f} |")
    return "\n".join(lines)
