package dev.leeway.cli;

import dev.leeway.text.StreamDecoder;
import dev.leeway.text.Tokenizer;

/**
 * The text of a completion, piece by piece, as it continues its prompt. Decoders treat the start of a text specially (SentencePiece drops
 * its first space), so prompt and completion are decoded as one text, of which only what lies behind the prompt is returned.
 */
final class CompletionText {

    private final StreamDecoder decoder;
    private int promptLeft;

    CompletionText(Tokenizer tokenizer, int[] prompt) {
        decoder = tokenizer.streamDecoder(true);
        promptLeft = tokenizer.decode(prompt, true).length();
        for (int token : prompt) {
            behindPrompt(decoder.next(token));
        }
    }

    /** Takes the next token; returns the text that it makes certain, often one word, sometimes nothing. */
    String next(int token) {
        return behindPrompt(decoder.next(token));
    }

    /** The rest, at the end of the completion. */
    String finish() {
        return behindPrompt(decoder.finish());
    }

    private String behindPrompt(String piece) {
        int cut = Math.min(promptLeft, piece.length());
        promptLeft -= cut;
        return piece.substring(cut);
    }

    /** The whole text of a completion. */
    static String of(Tokenizer tokenizer, int[] prompt, int[] completion) {
        var text = new CompletionText(tokenizer, prompt);
        var whole = new StringBuilder();
        for (int token : completion) {
            whole.append(text.next(token));
        }
        return whole.append(text.finish()).toString();
    }
}
