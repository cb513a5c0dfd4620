package dev.leeway.text;

import java.nio.charset.StandardCharsets;

/**
 * GPT-2's way of writing any byte as one printable character, so that a vocabulary of bytes is a vocabulary of strings: the 188 bytes
 * that print in Latin-1 stand for themselves, the other 68 become U+0100, U+0101, … in byte order (a space is {@code Ġ}).
 */
final class ByteAlphabet {

    private static final String SYMBOLS = symbols();

    private ByteAlphabet() {}

    /** The character of a byte, 0 … 255. */
    static char symbol(int value) {
        return SYMBOLS.charAt(value);
    }

    /** The UTF-8 bytes of a text as values 0 … 255. */
    static int[] bytes(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        int[] values = new int[utf8.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Byte.toUnsignedInt(utf8[i]);
        }
        return values;
    }

    private static String symbols() {
        var symbols = new StringBuilder();
        char next = 0x100;
        for (char value = 0; value < 256; value++) {
            symbols.append(prints(value) ? value : next++);
        }
        return symbols.toString();
    }

    private static boolean prints(char value) {
        return value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xFF && value != 0xAD;
    }
}
