package dev.leeway.text;

import java.util.Arrays;

/**
 * Turns ids into text one at a time: each call returns the text that has become certain, and all pieces together, {@link #finish}
 * included, are the text of all ids at once.
 *
 * <p>Text is certain when no later token can change it. Held back are: the bytes of an unfinished character (the decoder shows them as
 * U+FFFD), and with a byte-fallback vocabulary a run of byte tokens, because one invalid byte turns its whole run into U+FFFD.
 *
 * <p>A decoder serves one sequence on one thread.
 */
public final class StreamDecoder {

    private static final String REPLACEMENT = "\uFFFD";

    private final Tokenizer tokenizer;
    private final boolean skipSpecialTokens;

    /** The last tokens whose text was returned (so that what decoders do at the start of a text is done there), then those held back. */
    private int[] window = new int[16];
    private int length;
    private int returned;
    private String returnedText = "";

    StreamDecoder(Tokenizer tokenizer, boolean skipSpecialTokens) {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    /** Takes the next id; returns the text that it makes certain, often one word, sometimes nothing. */
    public String next(int id) {
        if (!tokenizer.isKnown(id) || skipSpecialTokens && tokenizer.isSpecial(id)) {
            return "";
        }
        append(id);
        if (tokenizer.isByte(id)) {
            return "";
        }
        String text = decode(0);
        return text.endsWith(REPLACEMENT) ? "" : take(text);
    }

    /** What was held back, at the end of the sequence; the decoder is then ready for another one. */
    public String finish() {
        String rest = decode(0).substring(returnedText.length());
        length = 0;
        returned = 0;
        returnedText = "";
        return rest;
    }

    private String take(String text) {
        String piece = text.substring(returnedText.length());
        String ownText = decode(returned);
        if (ownText.isEmpty()) {
            // These tokens alone are no left context: a decoder that strips the start of a text would strip the next token instead.
            returnedText = text;
        } else {
            System.arraycopy(window, returned, window, 0, length - returned);
            length -= returned;
            returnedText = ownText;
        }
        returned = length;
        return piece;
    }

    private void append(int id) {
        if (length == window.length) {
            window = Arrays.copyOf(window, 2 * length);
        }
        window[length++] = id;
    }

    private String decode(int from) {
        return tokenizer.decode(Arrays.copyOfRange(window, from, length), skipSpecialTokens);
    }
}
