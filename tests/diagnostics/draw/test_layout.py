"""Laws of the whole layout, on random drawings and on shapes that everyone can picture."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings

from tests.diagnostics.draw.drawings import chain, drawings, fan_in, tree
from treadle.diagnostics.draw import Drawing, Edge, Node, Positioned, layout
from treadle.errors import CycleError, DrawingError

TOUCH = 1e-6


def along(positioned: Positioned, x: float, y: float) -> float:
    """How far a point is in the direction of the edges."""
    return {"BT": -y, "TB": y, "LR": x}[positioned.drawing.rankdir]


@settings(deadline=None)
@given(drawings())
def test_every_node_is_placed_inside_the_picture_and_none_overlap(drawing: Drawing) -> None:
    positioned = layout(drawing)
    assert [placed.node for placed in positioned.nodes] == drawing.nodes
    for placed in positioned.nodes:
        assert placed.width / 2 - TOUCH <= placed.x <= positioned.width - placed.width / 2 + TOUCH
        assert placed.height / 2 - TOUCH <= placed.y
        assert placed.y <= positioned.height - placed.height / 2 + TOUCH
    for one, two in combinations(positioned.nodes, 2):
        apart_x = abs(one.x - two.x) >= (one.width + two.width) / 2 - TOUCH
        apart_y = abs(one.y - two.y) >= (one.height + two.height) / 2 - TOUCH
        assert apart_x or apart_y


@settings(deadline=None)
@given(drawings())
def test_each_pair_of_joined_nodes_has_one_edge_that_points_along(drawing: Drawing) -> None:
    positioned = layout(drawing)
    pairs = [(placed.edge.source, placed.edge.target) for placed in positioned.edges]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == {(edge.source, edge.target) for edge in drawing.edges}
    assert sum(placed.edge.count for placed in positioned.edges) == len(drawing.edges)
    places = {placed.node.id: placed for placed in positioned.nodes}
    for placed in positioned.edges:
        source, target = places[placed.edge.source], places[placed.edge.target]
        assert source.rank < target.rank
        way = [along(positioned, x, y) for x, y in placed.points]
        assert way == sorted(way)
        for node, (x, y) in ((source, placed.points[0]), (target, placed.points[-1])):
            assert abs(x - node.x) <= node.width / 2 + TOUCH
            assert abs(y - node.y) <= node.height / 2 + TOUCH


@settings(deadline=None)
@given(drawings())
def test_a_long_edge_passes_no_node_where_it_passes_a_rank(drawing: Drawing) -> None:
    positioned = layout(drawing)
    for placed in positioned.edges:
        for x, y in placed.points[1:-1]:
            for node in positioned.nodes:
                inside_x = abs(x - node.x) < node.width / 2 - TOUCH
                inside_y = abs(y - node.y) < node.height / 2 - TOUCH
                assert not (inside_x and inside_y)


@settings(deadline=None)
@given(drawings())
def test_the_same_drawing_gives_the_same_places(drawing: Drawing) -> None:
    assert layout(drawing) == layout(drawing)


def test_an_empty_drawing_has_no_size() -> None:
    positioned = layout(Drawing())
    assert (positioned.nodes, positioned.edges) == ((), ())
    assert (positioned.width, positioned.height) == (0.0, 0.0)


def test_a_chain_runs_straight() -> None:
    assert len({placed.x for placed in layout(chain()).nodes}) == 1


def test_the_users_of_values_stand_above_them_by_default() -> None:
    first, second = layout(Drawing([Node(0, "load"), Node(1, "sum")], [Edge(0, 1)])).nodes
    assert first.y > second.y


def test_a_parent_stands_above_the_middle_of_its_children() -> None:
    positioned = layout(tree())
    places = {placed.node.id: placed for placed in positioned.nodes}
    children: dict[int, list[float]] = {}
    for edge in positioned.drawing.edges:
        children.setdefault(edge.target, []).append(places[edge.source].x)
    for parent, xs in children.items():
        assert places[parent].x == pytest.approx(sum(xs) / 2)


def test_many_inputs_meet_in_one_point_and_few_are_told_apart() -> None:
    def ends(width: int) -> set[tuple[float, float]]:
        return {placed.points[-1] for placed in layout(fan_in(width)).edges}

    assert len(ends(50)) == 1
    assert len(ends(4)) == 4


def test_unconnected_tasks_are_set_in_rows() -> None:
    positioned = layout(Drawing([Node(index, "inc") for index in range(1000)]))
    assert positioned.width < 4 * positioned.height
    assert positioned.height < 4 * positioned.width


def test_the_longest_edges_of_a_huge_drawing_are_drawn_in_one_sweep() -> None:
    # Bends for every rank that an edge passes would grow with the square of the chain.
    length = 150
    drawing = chain(length)
    drawing.edges += [Edge(index, length - 1) for index in range(length - 2)]
    bends = {placed.edge.source: len(placed.points) for placed in layout(drawing).edges}
    spans = {index: length - 1 - index for index in range(length - 2)}
    assert all(bends[index] in (2, 2 * span) for index, span in spans.items())
    assert bends[length - 3] == 4
    assert bends[0] == 2


def test_a_circle_is_named() -> None:
    drawing = Drawing(
        [Node(0, "a"), Node(1, "b"), Node(2, "c")],
        [Edge(0, 1), Edge(1, 2), Edge(2, 1)],
    )
    with pytest.raises(CycleError, match=r"circle: (b -> c -> b|c -> b -> c)\."):
        layout(drawing)


def test_a_node_that_uses_itself_is_a_circle() -> None:
    with pytest.raises(CycleError, match="a -> a"):
        layout(Drawing([Node(0, "a")], [Edge(0, 0)]))


def test_contradictions_are_named() -> None:
    with pytest.raises(DrawingError, match=r"id 3: 'a' and 'b'"):
        layout(Drawing([Node(3, "a"), Node(3, "b")]))
    with pytest.raises(DrawingError, match="1 -> 2 needs node 2"):
        layout(Drawing([Node(1, "a")], [Edge(1, 2)]))
    with pytest.raises(DrawingError, match="not-a-color"):
        Node(0, "a", color="not-a-color")
    with pytest.raises(DrawingError, match="at least one task"):
        Node(0, "a", count=0)
    with pytest.raises(DrawingError, match="at least one dependency"):
        Edge(0, 1, count=0)
    with pytest.raises(DrawingError, match="'red'"):
        layout(Drawing(legend=[("a", "red")]))
