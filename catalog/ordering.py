"""In which order entries are listed, where it is not by how well they answer a question."""

from dataclasses import dataclass

from psycopg import sql

from catalog.conditions import Conditions


@dataclass(frozen=True, slots=True)
class Order:
    """An order: `keys` as in ORDER BY, over the columns dataset_id, titles and title_key and those
    of `beside`, a query whose column dataset_id says of which entry it speaks."""

    keys: str
    beside: str = ""


NEWEST = Order("dataset_id DESC")
BY_TITLE = Order("title_key, dataset_id")
BY_ENGLISH_TITLE = Order("coalesce(nullif(split_part(titles, E'\\n', 3), ''), titles), dataset_id")


def statement(where: Conditions, order: Order, start: int, most: int) -> sql.Composed:
    """Return the statement that gives the ids of a page in an order."""
    beside = f" LEFT JOIN ({order.beside}) AS beside USING (dataset_id)" if order.beside else ""
    return sql.SQL(
        "SELECT dataset_id FROM (SELECT dataset_id, titles, title_key FROM catalog_searchentry"
        " WHERE {where}) AS found{beside} ORDER BY {keys} OFFSET {start} LIMIT {most}"
    ).format(
        where=where.clause(),
        beside=sql.SQL(beside),
        keys=sql.SQL(order.keys),
        start=sql.Literal(start),
        most=sql.Literal(most),
    )
