package dev.leeway;

/**
 * The one failure that users of Leeway see: a sentence that says what was expected, what was found, where, and what to do next.
 * Its {@link Kind} decides the exit code of the command line.
 */
public final class LeewayException extends RuntimeException {

    /** What went wrong, in the order of the exit codes. */
    public enum Kind {
        /** The request itself is wrong: an unknown option, a contradiction, a missing argument. */
        USAGE(2),
        /** A file or a row is missing, torn, or not what it claims to be. */
        DATA(3),
        /** A number that must be finite or within a bound is not. */
        NUMERICS(4),
        /** Memory, disk, a device or a library is missing or too small. */
        RESOURCES(5);

        private final int exitCode;

        Kind(int exitCode) {
            this.exitCode = exitCode;
        }

        /** The process exit code for this kind. */
        public int exitCode() {
            return exitCode;
        }
    }

    private final Kind kind;

    private LeewayException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** The kind of this failure. */
    public Kind kind() {
        return kind;
    }

    /** The same failure, whose sentence goes on behind a semicolon. */
    public LeewayException and(String more) {
        return new LeewayException(kind, getMessage() + "; " + more, this);
    }

    /** A wrong request. */
    public static LeewayException usage(String format, Object... arguments) {
        return new LeewayException(Kind.USAGE, text(format, arguments), null);
    }

    /** Bad data. */
    public static LeewayException data(String format, Object... arguments) {
        return new LeewayException(Kind.DATA, text(format, arguments), null);
    }

    /** Bad data, with the failure that revealed it. */
    public static LeewayException data(Throwable cause, String format, Object... arguments) {
        return new LeewayException(Kind.DATA, text(format, arguments), cause);
    }

    /** A number outside its bounds. */
    public static LeewayException numerics(String format, Object... arguments) {
        return new LeewayException(Kind.NUMERICS, text(format, arguments), null);
    }

    /** A number outside its bounds, with the failure that told first. */
    public static LeewayException numerics(Throwable cause, String format, Object... arguments) {
        return new LeewayException(Kind.NUMERICS, text(format, arguments), cause);
    }

    /** A missing resource. */
    public static LeewayException resources(String format, Object... arguments) {
        return new LeewayException(Kind.RESOURCES, text(format, arguments), null);
    }

    /** A missing resource, with the failure that revealed it. */
    public static LeewayException resources(Throwable cause, String format, Object... arguments) {
        return new LeewayException(Kind.RESOURCES, text(format, arguments), cause);
    }

    private static String text(String format, Object... arguments) {
        return arguments.length == 0 ? format : String.format(java.util.Locale.ROOT, format, arguments);
    }
}
