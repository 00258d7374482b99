import numpy as np

from models.text import TextEncoder


def test_rows_are_unit_vectors_in_the_order_asked(encoder: TextEncoder) -> None:
    texts = ["happy birthday to you, my dear", "cat", "so tired today"]
    rows = encoder.encode(texts)
    assert rows.shape == (3, 384)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for row, text in zip(rows, texts, strict=True):
        np.testing.assert_allclose(row, encoder.encode([text])[0], atol=1e-4)


def test_texts_that_mean_the_same_are_nearer(encoder: TextEncoder) -> None:
    rows = encoder.encode(["happy birthday", "birthday cake", "oil drum"])
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.2


def test_no_texts_and_empty_texts_are_fine(encoder: TextEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)
    assert np.isfinite(encoder.encode([""])).all()
