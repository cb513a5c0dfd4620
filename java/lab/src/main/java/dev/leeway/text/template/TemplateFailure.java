package dev.leeway.text.template;

import java.util.Locale;

/** Why a template can't be read or rendered; {@link ChatTemplate} adds the line and hands it to the user as a LeewayException. */
final class TemplateFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** Names in a template may have any length; sentences about them don't. */
    private static final int LONGEST = 300;

    private final boolean verbatim;

    private TemplateFailure(String message, boolean verbatim) {
        super(message, null, false, false);
        this.verbatim = verbatim;
    }

    /** A failure described by a sentence without place or full stop. */
    static TemplateFailure of(String format, Object... arguments) {
        String sentence = arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments);
        return new TemplateFailure(sentence.length() <= LONGEST ? sentence : sentence.substring(0, LONGEST) + "…", false);
    }

    /** The template's own {@code raise_exception}: its text reaches the user as it is. */
    static TemplateFailure raised(String message) {
        return new TemplateFailure(message, true);
    }

    /** Whether the text is the template's own. */
    boolean verbatim() {
        return verbatim;
    }
}
