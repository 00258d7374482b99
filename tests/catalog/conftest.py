import pytest

from catalog.items import CatalogItem
from catalog.reader import read_items


@pytest.fixture(scope="session")
def items() -> list[CatalogItem]:
    return list(read_items())
