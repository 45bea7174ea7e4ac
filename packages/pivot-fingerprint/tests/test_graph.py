"""Where definitions, names and modules lead."""

from pivot_fingerprint.graph import NOWHERE, Edges, joined


def test_a_label_has_one_node_and_back(look) -> None:
    graph = look()
    node = graph.node("name", "a", "X")
    assert node < 0
    assert graph.node("name", "a", "X") == node != graph.node("name", "a", "Y")
    assert graph.label(node) == ("name", "a", "X")


def test_a_definition_leads_to_names_and_a_name_to_what_binds_it(look) -> None:
    graph = look(main="from other import help\ndef run(): return help()\n", other="def help(): ...\nX = 1\n")
    name = graph.node("name", "other", "help")
    nodes = graph.edges(graph.number("main", "run")).nodes
    assert name in nodes
    assert graph.node("name", "other", "X") not in nodes
    assert graph.number("other", "help") in graph.edges(name).nodes


def test_a_class_leads_to_its_methods(look) -> None:
    graph = look(main="class Model:\n    def fit(self): ...\n    def stop(self): ...\n")
    nodes = graph.edges(graph.number("main", "Model")).nodes
    assert {graph.number("main", "Model.fit"), graph.number("main", "Model.stop")} <= set(nodes)


def test_a_module_as_a_value_leads_to_all_that_is_in_it(look) -> None:
    graph = look(main="import other\ndef run(): return vars(other)\n", other="X = 1\ndef help(): ...\n")
    whole = graph.node("whole", "other")
    assert whole in graph.edges(graph.number("main", "run")).nodes
    assert {graph.number("other", "X"), graph.number("other", "help")} <= set(graph.edges(whole).nodes)


def test_outside_the_project_nothing_follows(look) -> None:
    graph = look(main="import lib\ndef run(): return lib.go()\n")
    assert [one.name for one in graph.edges(graph.number("main", "run")).outside] == ["lib"]
    assert graph.edges(graph.node("load", "lib")) == NOWHERE
    assert joined(Edges((1,)), Edges((2,))) == Edges((1, 2))


def test_what_is_read_at_import_belongs_to_its_statement(look) -> None:
    graph = look(main="X = 1\nY = 2\n")
    x, y = graph.number("main", "X"), graph.number("main", "Y")
    read = graph.node("read", "file", "/data.txt")
    graph.reads["main", x - graph.sources.homes[x].first] = [read]
    assert read in graph.edges(x).nodes
    assert read not in graph.edges(y).nodes
