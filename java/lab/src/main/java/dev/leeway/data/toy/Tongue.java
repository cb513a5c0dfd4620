package dev.leeway.data.toy;

/** A language of the toy world. */
public enum Tongue {
    /** English. */
    ENGLISH("en"),
    /** Spanish. */
    SPANISH("es"),
    /** French. */
    FRENCH("fr");

    private final String code;

    Tongue(String code) {
        this.code = code;
    }

    /** As results name it: {@code en}. */
    public String code() {
        return code;
    }

    /** What is said in this language. */
    String say(String english, String spanish, String french) {
        return switch (this) {
            case ENGLISH -> english;
            case SPANISH -> spanish;
            case FRENCH -> french;
        };
    }

    /** The words as a sentence. */
    static String sentence(String words) {
        return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
    }
}
