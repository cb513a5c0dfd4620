package dev.leeway.eval;

/**
 * One message.
 *
 * @param role {@code system}, {@code user} or {@code assistant}
 * @param content what it says
 */
public record Turn(String role, String content) {

    /** Of a system. */
    public static Turn system(String content) {
        return new Turn("system", content);
    }

    /** Of a user. */
    public static Turn user(String content) {
        return new Turn("user", content);
    }

    /** Of an assistant. */
    public static Turn assistant(String content) {
        return new Turn("assistant", content);
    }
}
