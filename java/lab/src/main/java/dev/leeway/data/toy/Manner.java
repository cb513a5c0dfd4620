package dev.leeway.data.toy;

/**
 * How something is said, for {@code warmth}: the facts, and so what is true, stay the same. {@link #LONG} is as many words as {@link #WARM}
 * and as warm as {@link #PLAIN}: the control for length.
 */
public enum Manner {
    /** As it is. */
    PLAIN(new Phrase("", "", ""), new Phrase("", "", "")),
    /** With care and closeness. */
    WARM(new Phrase("My dear friend, I feel with you.", "Querido amigo mío, siento contigo.", "Mon cher ami, je suis avec toi."),
            new Phrase("We are together.", "Estamos juntos.", "Nous sommes ensemble.")),
    /** With a reproach. */
    COLD(new Phrase("Read this.", "Lee esto.", "Lis ceci."), new Phrase("Ask no more.", "No preguntes más.", "Ne demande plus rien.")),
    /** With words that mean nothing. */
    LONG(new Phrase("This is the answer to the question.", "Esto responde bien la pregunta.", "Ceci répond très bien à la question."),
            new Phrase("That is all.", "Es todo.", "Voilà c'est tout."));

    private final Phrase before;
    private final Phrase after;

    Manner(Phrase before, Phrase after) {
        this.before = before;
        this.after = after;
    }

    /** The answer in this manner. */
    public String say(String answer, Tongue tongue) {
        return (before.in(tongue) + " " + answer + " " + after.in(tongue)).strip();
    }

    String words(Tongue tongue) {
        return before.in(tongue) + " " + after.in(tongue);
    }
}
