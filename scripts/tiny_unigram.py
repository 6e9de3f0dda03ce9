"""Makes tests/fixtures/unigram-tokenizer.json of klausul-transformer: a tokenizer of the shape of XLM-RoBERTa's, with few tokens.

    pip install sentencepiece
    python scripts/tiny_unigram.py > crates/klausul-transformer/tests/fixtures/unigram-tokenizer.json

Trained on the project's own language samples; the character map holds a few rules of each sort.
"""

import base64
import json
import pathlib
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as proto

RULES = {
    "\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u200b": " ", "\u3000": " ",
    "ﬁ": "fi", "½": "1⁄2", "①": "1", "Ａ": "A",
    "e\u0301": "é", "n\u0303": "ñ", "d\u0308": "ḋ",
    "\u007f": "", "\ufe0f": "",
}


def main():
    data = pathlib.Path(__file__).parent.parent / "data" / "langid"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lines = [line for code in ("en", "sv", "sq", "el", "bg") for line in (data / f"{code}.txt").read_text().splitlines()]
        (folder / "text").write_text("\n".join(lines))
        codes = lambda text: " ".join(f"{ord(letter):X}" for letter in text)
        (folder / "rules").write_text("".join(f"{codes(a)}\t{codes(b)}\n" for a, b in RULES.items()))
        sentencepiece.SentencePieceTrainer.train(
            input=str(folder / "text"), model_prefix=str(folder / "tiny"), vocab_size=700, model_type="unigram",
            normalization_rule_tsv=str(folder / "rules"), character_coverage=0.999, minloglevel=2,
            bos_id=0, pad_id=1, eos_id=2, unk_id=3, bos_piece="<s>", pad_piece="<pad>", eos_piece="</s>", unk_piece="<unk>")
        model = proto.ModelProto()
        model.ParseFromString((folder / "tiny.model").read_bytes())
    vocab = [[piece.piece, 0.0 if place < 4 else piece.score] for place, piece in enumerate(model.pieces)] + [["<mask>", 0.0]]
    added = [{"id": place, "content": vocab[place][0], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True} for place in (0, 1, 2, 3, len(vocab) - 1)]
    special = lambda token, place: {"id": token, "ids": [place], "tokens": [token]}
    print(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}]},
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": special("<s>", 0), "</s>": special("</s>", 2)}},
        "decoder": {"type": "Metaspace", "replacement": "▁", "add_prefix_space": True},
        "model": {"type": "Unigram", "unk_id": 3, "vocab": vocab},
    }, ensure_ascii=False, separators=(",", ":")).replace('" {2,}"', '" {2,}"'))


main()
