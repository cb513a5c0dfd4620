package dev.leeway.sandbox;

/**
 * A Python program.
 *
 * @param source its text
 * @param input what it reads from standard input
 */
public record Script(String source, byte[] input) {

    /** A program without input. */
    public static Script of(String source) {
        return new Script(source, new byte[0]);
    }
}
