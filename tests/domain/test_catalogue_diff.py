from __future__ import annotations

from support.catalogue import a_catalogue

from portal.domain.catalogue_diff import Change, changes

BASE = a_catalogue({"id": "en"}, {"id": "to"}, {"id": "tre"})


def test_the_same_is_no_change() -> None:
    assert list(changes(BASE, BASE)) == []


def test_a_field_is_named_with_what_it_was_and_is() -> None:
    changed = a_catalogue({"id": "en"}, {"id": "to", "title": {"nb": "Ny", "en": "New"}}, {"id": "tre"})

    assert list(changes(BASE, changed)) == [
        Change("services.to.title.nb", "Tjeneste", "Ny"),
        Change("services.to.title.en", None, "New"),
    ]


def test_a_service_that_comes_or_goes_is_told_whole() -> None:
    fewer = a_catalogue({"id": "en"}, {"id": "tre"})
    (gone,), (come,) = list(changes(BASE, fewer)), list(changes(fewer, BASE))

    assert (gone.place, gone.old["id"], gone.new) == ("services.to", "to", None)
    assert (come.place, come.old, come.new["id"]) == ("services.to", None, "to")


def test_another_order_is_a_change_of_the_order_alone() -> None:
    turned = a_catalogue({"id": "tre"}, {"id": "en"}, {"id": "to"})

    assert list(changes(BASE, turned)) == [Change("services", ["en", "to", "tre"], ["tre", "en", "to"])]
