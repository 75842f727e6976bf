from trainjob_operator.generate.sbom import bill_of_materials

BASE = "# a comment: not==1\nHugging_Face.Hub==1.0\ntorch==2.13.0+cpu  # why\nuvicorn[standard]==0.40.0\n"


def test_each_pinned_package_once_and_sorted() -> None:
    bill = bill_of_materials("registry/image", "1.2.3", [BASE])

    assert [(part["name"], part["purl"]) for part in bill["components"]] == [
        ("hugging-face-hub", "pkg:pypi/hugging-face-hub@1.0"),
        ("torch", "pkg:pypi/torch@2.13.0%2Bcpu"),
        ("uvicorn", "pkg:pypi/uvicorn@0.40.0"),
    ]
    assert bill["metadata"]["component"]["version"] == "1.2.3"


def test_a_variant_s_pin_takes_the_place_of_the_image_s() -> None:
    bill = bill_of_materials("registry/image", "1.2.3", [BASE, "torch==2.0\n"])

    assert [part["version"] for part in bill["components"] if part["name"] == "torch"] == ["2.0"]


def test_what_depends_names_what_is_listed() -> None:
    bill = bill_of_materials("registry/image", "1.2.3", [BASE])

    [dependency] = bill["dependencies"]
    assert dependency["ref"] == bill["metadata"]["component"]["bom-ref"]
    assert dependency["dependsOn"] == [part["bom-ref"] for part in bill["components"]]
