package dev.leeway.text;

import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Between which two characters a tokenizer is sure to cut, whatever stands around them: what is left and right of such a place can be
 * encoded by itself, and the ids joined are those of the whole. Known for two families; others have no sure cuts.
 *
 * <p>Byte-level BPE, whose words a known pattern cuts out from left to right without looking back: a word never goes on from a letter or
 * digit to ASCII punctuation or white space, nor from a letter to a digit or back, nor from anything that isn't white space to a space. No
 * place after white space is sure, since the patterns look ahead there. Both characters are ones that no normalisation joins.
 *
 * <p>BPE over {@code ▁} for a space without a pattern: where no merge joins anything to a {@code ▁} behind it, no token reaches across a
 * space from its left.
 *
 * @param words        whether all places of the first family are sure; else only those before a space
 * @param prependsMark whether a {@code ▁} is put before every text, so that a piece that starts with a space is encoded without it
 */
record SureCuts(boolean words, boolean prependsMark) {

    static final char MARK = '\u2581';

    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String REST = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    /** Llama 3, Qwen 2 and 3, and the three steps of DeepSeek V3. */
    private static final Set<String> PATTERNS = Set.of(
            CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" + REST,
            CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + REST,
            "\\p{N}{1,3}", "[一-龥\u3040-ゟ゠-ヿ]+",
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*"
                    + "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+");

    /**
     * What the model of a {@code tokenizer.json} is like.
     *
     * @param plain       a BPE without dropout, prefixes and suffixes: equal words give equal ids
     * @param takesWhole  whether a word that is a token is taken without merging
     * @param crossesMark whether something may come to be joined to a {@code ▁} behind it: a merge does so, there is no token {@code ▁}, or
     *                    unknown characters are left out
     */
    record Model(boolean plain, boolean takesWhole, boolean crossesMark) {}

    /** The sure cuts of a tokenizer, or none if it is of neither family. */
    static Optional<SureCuts> of(JsonNode normalizer, JsonNode preTokenizer, Model model) {
        if (!model.plain()) {
            return Optional.empty();
        }
        if (isNothing(normalizer) || "NFC".equals(type(normalizer))) {
            return cutsWords(preTokenizer) ? Optional.of(new SureCuts(true, false)) : Optional.empty();
        }
        boolean cut = !isNothing(preTokenizer) && !splitsAtSpaces(preTokenizer);
        if (cut || model.takesWhole() || model.crossesMark()) {
            return Optional.empty();
        }
        if (marksSpaces(normalizer)) {
            return Optional.of(new SureCuts(false, false));
        }
        JsonNode steps = normalizer.path("normalizers");
        boolean prepends = steps.size() == 2 && "Prepend".equals(type(steps.get(0)))
                && String.valueOf(MARK).equals(steps.get(0).path("prepend").asString("")) && marksSpaces(steps.get(1));
        return prepends ? Optional.of(new SureCuts(false, true)) : Optional.empty();
    }

    /** Whether the normalizer leaves every text as it is. */
    static boolean isNothing(JsonNode step) {
        return step.isNull() || step.isMissingNode() || "Sequence".equals(type(step)) && step.path("normalizers").isArray()
                && step.path("normalizers").isEmpty();
    }

    private static boolean marksSpaces(JsonNode step) {
        return "Replace".equals(type(step)) && " ".equals(step.path("pattern").path("String").asString(""))
                && String.valueOf(MARK).equals(step.path("content").asString(""));
    }

    /** Gemma's way, which finds nothing to split, as the normalizer has replaced the spaces. */
    private static boolean splitsAtSpaces(JsonNode step) {
        return "Split".equals(type(step)) && " ".equals(step.path("pattern").path("String").asString(""));
    }

    /** The last step writes bytes in GPT-2's alphabet, and one step at least cuts by a known pattern. */
    private static boolean cutsWords(JsonNode preTokenizer) {
        JsonNode steps = preTokenizer.path("pretokenizers");
        if (!"Sequence".equals(type(preTokenizer))) {
            return isByteLevel(preTokenizer) && preTokenizer.path("use_regex").asBoolean(true);
        }
        boolean known = steps.size() >= 2 && isByteLevel(steps.get(steps.size() - 1));
        boolean cuts = known && steps.get(steps.size() - 1).path("use_regex").asBoolean(true);
        for (int i = 0; known && i < steps.size() - 1; i++) {
            boolean pattern = isKnownSplit(steps.get(i));
            cuts |= pattern && steps.get(i).path("pattern").path("Regex").asString("").endsWith("\\s+");
            known = pattern || "Digits".equals(type(steps.get(i)));
        }
        return known && cuts;
    }

    private static boolean isKnownSplit(JsonNode step) {
        return "Split".equals(type(step)) && "Isolated".equals(step.path("behavior").asString("")) && !step.path("invert").asBoolean(true)
                && PATTERNS.contains(step.path("pattern").path("Regex").asString(""));
    }

    private static boolean isByteLevel(JsonNode step) {
        return "ByteLevel".equals(type(step)) && !step.path("add_prefix_space").asBoolean(true);
    }

    private static String type(JsonNode step) {
        return step.path("type").asString("");
    }

    /** Whether the tokenizer is sure to cut between two neighbours. */
    boolean between(char left, char right) {
        if (right == ' ') {
            return left > ' ' && left < 0x7F || Character.isLetterOrDigit(left);
        }
        boolean letter = isLetter(left);
        return words && (letter || isDigit(left)) && (right == '\n' || right == '\t' || right == '\r'
                || right > ' ' && right < 0x7F && (letter ? !isLetter(right) : !isDigit(right)));
    }

    private static boolean isLetter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
