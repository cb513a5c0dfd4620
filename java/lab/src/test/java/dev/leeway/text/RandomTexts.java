package dev.leeway.text;

import java.util.List;
import java.util.Random;

/** Texts in which words, numbers, spaces, marks and spelled tokens meet in every way that has ever split a tokenizer's users. */
final class RandomTexts {

    private static final List<String> FRAGMENTS = List.of("Ana", "has", "a", "cat", "The", "don't", "I'LL", "we've", "'s", "'", "’",
            "x", "milk",
            " ", " ", " ", " ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00A0", "\u3000", "\u0085", "\u2581", "1", "23",
            "4567", "٣", "²",
            ".", ",", "!", "?!", "...", "(", ")", "_", "-", "--", "<", "|", ">", "\"", "/", "\\", "#", "$", "+", "=", "^", "`", "~",
            "é", "e\u0301",
            "\u0301", "Ω", "\u212B", "ﬁ", "ſ", "ñ", "Привет", "мир", "你好", "。", "，", "日本", "カ", "か", "한국", "ไทย", "हिन्दी", "مرحبا", "😀",
            "👩‍👩‍👧", "\uD83D", "\uDE00", "\u200D", "\uFEFF", "\uFFFD", "\0", "\u0007", "\uE000", "<s>", "</s>", "<s", "s>", "<|im_start|>",
            "<|im_end|>", "<|eot_id|>", "<tool_call>", "<|begin_of_text|>", "<｜User｜>", "<|im_", "<start_of_turn>", "[INST]", "<unk>",
            "<0x0A>");

    private final Random random;

    RandomTexts(long seed) {
        random = new Random(seed);
    }

    String next() {
        var text = new StringBuilder();
        for (int parts = random.nextInt(24); parts > 0; parts--) {
            switch (random.nextInt(12)) {
                case 0 -> text.append((char) random.nextInt(0x80));
                case 1 -> text.append(Character.toString(random.nextInt(Character.MAX_CODE_POINT + 1)));
                case 2 -> text.append("word ".repeat(random.nextInt(4)));
                default -> text.append(FRAGMENTS.get(random.nextInt(FRAGMENTS.size())));
            }
        }
        return text.toString();
    }

    /** Some places in a text, rising, without its end. */
    int[] places(String text) {
        return text.isEmpty() ? new int[0] : random.ints(random.nextInt(6), 0, text.length()).sorted().distinct().toArray();
    }
}
