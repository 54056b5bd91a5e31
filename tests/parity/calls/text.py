"""Functions of text."""
import pandas as pd

ONE_LETTER = "letters that become several (ß, İ)"
CALLS = {
    "len(g)": lambda s: s.str.len().astype("Int64"), "lower(g)": lambda s: s.str.lower(), "upper(g)": lambda s: s.str.upper(), "strip(g)": lambda s: s.str.strip(),
    "contains(g, 'b')": lambda s: s.str.contains("b", regex=False).astype(object), "contains(g, '東')": lambda s: s.str.contains("東", regex=False).astype(object),
    "starts_with(g, 'É')": lambda s: s.str.startswith("É").astype(object), "ends_with(g, ' ')": lambda s: s.str.endswith(" ").astype(object),
    "replace(g, 'b', 'ß')": lambda s: s.str.replace("b", "ß", regex=False), "slice(g, 1)": lambda s: s.str.slice(1), "slice(g, -2)": lambda s: s.str.slice(-2),
    "slice(g, 1, 3)": lambda s: s.str.slice(1, 3), "slice(g, 0, -1)": lambda s: s.str.slice(0, -1),
    r"extract(g, '[0-9]+')": lambda s: s.str.extract("([0-9]+)", expand=False), r"extract(g, '(.)b')": lambda s: s.str.extract("(.)b", expand=False),
}


def cases(area):
    texts = pd.DataFrame({"g": pd.array(["abc", " Straße ", None, "", "b12b3", "TITLE case", None, "x"], dtype="str")})
    area.table("texts", texts)
    area.table("texts0", texts.head(0))
    area.table("textsü", pd.DataFrame({"g": pd.array(["東京都", "Éa b", None, "İ", "ǅb", "naïve ", "e\u0301b", "🦀b7"], dtype="str")}, index=pd.Index(["ä", "東", "ä", "", "z", "ß", "ß", "q"], name="κ")))
    on = {"missing": "texts", "empty": "texts0", "labels": "textsü"}

    def call(df, call):
        out = CALLS[call](df["g"])
        # A missing text is neither true nor false.
        if call.startswith(("contains", "starts", "ends")):
            out = out.where(df["g"].notna(), None).astype("boolean")
        return out

    for text in CALLS:
        bad = {"call": text.replace("(g", "(7", 1)}
        area.verb("str", call, {"call": text}, on=on, differs={"missing": ONE_LETTER if text.startswith("upper") else None, "labels": ONE_LETTER if text.startswith("lower") else None})
        area.one("str", bad, "fails", "texts", None, lambda df, call: pd.Series([7]).str.lower(), word="")
