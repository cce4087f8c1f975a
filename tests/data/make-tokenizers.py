#!/usr/bin/env python3
"""Small tokenizers of every kind, and the ids that Hugging Face's `tokenizers` gives for some texts.

usage: make-tokenizers.py FOLDER      (tokenizers 0.21.4 and sentencepiece 0.2.0 made tests/data/tokenizers)
All are trained on, or made of, the sentences below.  FOLDER/NAME.json is a tokenizer.json; FOLDER/NAME is a folder of
another form; FOLDER/ids.json holds {"texts": [...], "ids": {NAME: [[...], ...]}}, a list of ids for every text.
"""
import base64, json, os, sys, tempfile, unicodedata
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers as N, pre_tokenizers as P, processors, trainers

SENTENCES = [
    "A small blue bolt holds the lid of the box.", "The lids of two boxes are held by small bolts.", "Blue paint, 12 ml; red paint, 250 ml!",
    "It's the user's own, we'll see what they've said: don't.", "Stainless steel nuts (pack of 100), 3/8 inch", "Café crème, naïve façade, jalapeño",
    "日本語の 小さい 箱", "Маленькая синяя коробка", "x = y + 2; if (x > 3) return;", "ΑΒΓ αβγς ſmall İstanbul ﬁne ½ ² Å Å",
] * 4
TEXTS = SENTENCES[:10] + [
    "", " ", "  ", "\n", " \n\t \r\n x", "a", " a", "a ", "  two  blanks  ", "a\u00a0b\u3000c\u2028d", "tabs\tand\nlines\r\n\r\nend", "don't DON'T I'Ll we'Ve 's '",
    "<s>", "a<s>b", "a <s> b</s>", "<mask>", "a <mask> b", "a  \n<mask>\n b", "x<mask>y", "<user> hi", "word<user>word", "one WORD two", "WORDs sWORD WORD", "[CLS] a [SEP]",
    "e\u0301 \u00e9 E\u0301", "\u1e9b\u0323 \u212b \uac00 \u1100\u1161", "\u0130 \u03a3\u03c3\u03c2", "\u202a\u200b\u00ad\ufeffx\x00y\x07", "1234567 12.5 ³²¹ ½ Ⅳ ٣", "!?...--(a)[b]{c}",
    "日本語日本語ひらがな カタカナ 한국어", "😀👍🏽 🇩🇪🇫🇷 👨‍👩‍👧", "a😀b", "▁ a▁b", "``quoted'' “x”", "_under_score_", "unknownwordthatisverylong" * 5, "\u0e33\u0e01\u0e33", "ﬁ\u0301 ﬁ", "e\u0323\u0302",
    "a" * 70 + " b", "ab-cd--ef---gh", "2024-01-02T03:04", "x" + " " * 20 + "y", "<S> <MASK>", "\u2581\u2581a", "¡Hola! ¿Qué?", "＜ｓ＞ ＡＢ", "\U0001d54f\U0001f130",
]

def bpe(size, **how):
    t = Tokenizer(models.BPE(**{k: v for k, v in how.items() if k in ("unk_token", "fuse_unk", "byte_fallback", "ignore_merges", "continuing_subword_prefix", "end_of_word_suffix")}))
    return t, trainers.BpeTrainer(vocab_size=size, show_progress=False, special_tokens=how.get("special", []), initial_alphabet=how.get("alphabet", []),
                                  **{k: how[k] for k in ("continuing_subword_prefix", "end_of_word_suffix") if k in how})

def byte_level():
    t, trainer = bpe(420, special=["<s>", "</s>"], alphabet=P.ByteLevel.alphabet())
    t.pre_tokenizer = P.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(SENTENCES, trainer)
    t.add_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True), AddedToken("<user>", rstrip=True, normalized=False, special=True),
                  AddedToken("WORD", single_word=True), AddedToken("   ", normalized=True)])
    t.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    return t

def words(ignore):
    t, trainer = bpe(420, alphabet=P.ByteLevel.alphabet(), ignore_merges=ignore)
    t.normalizer = N.NFC()
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    t.pre_tokenizer = P.Sequence([P.Split(Regex(pattern), "isolated"), P.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.train_from_iterator(SENTENCES, trainer)
    t.add_special_tokens([AddedToken("<s>", normalized=False, special=True)])
    t.post_processor = processors.Sequence([processors.ByteLevel(), processors.TemplateProcessing("<s> $A", special_tokens=[("<s>", t.token_to_id("<s>"))])])
    return t

def falcon_like():
    t, trainer = bpe(400, alphabet=P.ByteLevel.alphabet())
    t.pre_tokenizer = P.Sequence([P.Punctuation("contiguous"), P.ByteLevel(add_prefix_space=True), P.Digits(False), P.Split(Regex("[0-9][0-9][0-9]"), "isolated")])
    t.train_from_iterator(SENTENCES, trainer)
    return t

def llama_like(metaspace):
    bytes_ = [f"<0x{b:02X}>" for b in range(256)]
    t, trainer = bpe(420, unk_token="<unk>", fuse_unk=True, byte_fallback=True, special=["<unk>", "<s>", "</s>"] + bytes_)
    if metaspace: t.pre_tokenizer = P.Metaspace("▁", "first", False)
    else: t.normalizer = N.Sequence([N.Prepend("▁"), N.Replace(" ", "▁")])
    t.train_from_iterator([w for s in SENTENCES for w in s.split(" ")], trainer)
    said = json.loads(t.to_str())
    said["added_tokens"] = said["added_tokens"][:3]  # bytes are pieces, not tokens
    t = Tokenizer.from_str(json.dumps(said))
    t.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    return t

def affixes():
    t, trainer = bpe(200, unk_token="<unk>", end_of_word_suffix="</w>", continuing_subword_prefix="##", special=["<unk>"])
    t.normalizer = N.Sequence([N.NFKC(), N.Lowercase()])
    t.pre_tokenizer = P.Whitespace()
    t.train_from_iterator(SENTENCES[:4], trainer)
    return t

def wordpiece():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = N.BertNormalizer(), P.BertPreTokenizer()
    t.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(vocab_size=260, show_progress=False, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    t.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return t

def sentencepiece_model(folder, kind):
    import sentencepiece
    rules = [("\ufb01", "fi"), ("\u00bd", "1/2"), ("\u212b", "\u00c5"), ("\u3000", " "), ("e\u0301", "é"), ("ſ", "s"), ("\t", " "), ("\n", " "), ("\u00a0", " "), ("\u0e33", "\u0e4d\u0e32")]
    with tempfile.TemporaryDirectory() as d:
        with open(d + "/rules.tsv", "w") as f:
            for a, b in rules: f.write(" ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n")
        with open(d + "/text", "w") as f: f.write("\n".join(SENTENCES))
        more = dict(byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False) if kind == "bpe" else dict(normalization_rule_tsv=d + "/rules.tsv")
        sentencepiece.SentencePieceTrainer.train(input=d + "/text", model_prefix=d + "/m", model_type=kind, vocab_size=420 if kind == "bpe" else 240, minloglevel=2, hard_vocab_limit=False,
                                                 user_defined_symbols=["<user>"], **more)
        os.makedirs(folder, exist_ok=True)
        with open(d + "/m.model", "rb") as f: return f.read()

def unigram(model):
    from transformers.utils import sentencepiece_model_pb2_new as pb
    m = pb.ModelProto(); m.ParseFromString(model)
    t = Tokenizer(models.Unigram([(p.piece, p.score) for p in m.pieces], m.trainer_spec.unk_id, False))
    t.normalizer = N.Sequence([N.Nmt(), N.Precompiled(m.normalizer_spec.precompiled_charsmap), N.Strip(True, True), N.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = P.Sequence([P.WhitespaceSplit(), P.Metaspace()])
    t.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 2)])
    return t

def old_unigram(model):
    """The model without type, Metaspace with str_rep, accents by the slow way."""
    said = json.loads(unigram(model).to_str())
    del said["model"]["type"], said["model"]["byte_fallback"]
    said["normalizer"] = json.loads(Tokenizer(models.BPE()).to_str())["normalizer"]
    said["pre_tokenizer"] = {"type": "Metaspace", "replacement": "▁", "str_rep": "▁", "add_prefix_space": True}
    t = Tokenizer.from_str(json.dumps(said))
    t.normalizer = N.Sequence([N.Replace("``", '"'), N.NFKD(), N.StripAccents(), N.Lowercase()])
    said["normalizer"] = json.loads(t.to_str())["normalizer"]
    return said

def cuts():
    """Every way to cut, on a list of words."""
    for name, cut in dict(digits=P.Digits(True), merged_before=P.Split("-", "merged_with_previous"), merged_next=P.Split(Regex("[-a]"), "merged_with_next"), removed=P.Split(Regex(r"\W+"), "removed"),
                          inverted=P.Split(Regex(r"\w+"), "removed", invert=True), contiguous=P.Split(Regex("[-. ]"), "contiguous"), delimiter=P.CharDelimiterSplit("-"),
                          punctuation=P.Punctuation("merged_with_previous"), whitespace=P.Whitespace(), never=P.Metaspace("_", "never", True)).items():
        pieces = {w for s in TEXTS for w, _ in cut.pre_tokenize_str(s)}
        t = Tokenizer(models.WordLevel({w: i for i, w in enumerate(["<unk>"] + sorted(p for p in pieces if "\0" not in p)[::2])}, unk_token="<unk>"))
        t.pre_tokenizer = cut
        yield "cut_" + name, t

def main(folder):
    os.makedirs(folder, exist_ok=True)
    made, ids = {}, {}
    made |= dict(byte_level=byte_level(), words=words(False), words_whole=words(True), falcon_like=falcon_like(), llama_like=llama_like(False), llama_first=llama_like(True), affixes=affixes(),
                 wordpiece=wordpiece())
    model = sentencepiece_model(folder, "unigram")
    made |= dict(unigram=unigram(model)) | dict(cuts())
    said = {name: json.loads(t.to_str()) for name, t in made.items()} | dict(unigram_old=old_unigram(model))
    del said["byte_level"]["model"]["type"]
    for name, s in said.items():
        with open(f"{folder}/{name}.json", "w") as f: json.dump(s, f, ensure_ascii=False, indent=None, separators=(",", ":"))
        t = Tokenizer.from_file(f"{folder}/{name}.json")
        ids[name] = [t.encode(s).ids for s in TEXTS]
    with open(folder + "/ids.json", "w") as f: json.dump(dict(texts=TEXTS, ids=ids), f, separators=(",", ":"))
    print({n: sum(map(len, i)) for n, i in ids.items()})

if __name__ == "__main__": main(sys.argv[1])
