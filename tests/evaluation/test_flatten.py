from trisampler.evaluation.flatten import flatten


def test_leaves_by_dotted_key_in_order_and_numbers_short():
    tree = {
        "b": {"y": 2e-5, "x": {"deep": 0.123456789}},
        "a": 12345,
        "flags": [True, 0.5, "w"],
        "none": None,
        "empty": {},
        "zero": 0,
        "no": False,
    }
    assert flatten(tree) == [
        ("b.y", "2e-05"),
        ("b.x.deep", "0.123457"),
        ("a", "12345"),
        ("flags", "True, 0.5, w"),
        ("none", "-"),
        ("empty", "-"),
        ("zero", "0"),
        ("no", "False"),
    ]
