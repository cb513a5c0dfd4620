package dev.leeway.data.toy;

/** What a user says before a question, and what it shows, as in {@code warmth}; it says nothing about the answer. */
public enum Context {
    /** Nothing. */
    UNMODIFIED("", "", ""),
    /** An emotion. */
    SAD("I am so sad today.", "Hoy estoy muy triste.", "Je suis si triste."),
    /** An emotion. */
    ANGRY("I am so angry today.", "Hoy tengo mucha rabia.", "Je suis en colère."),
    /** An emotion. */
    HAPPY("I am so happy today.", "Hoy estoy muy contento.", "Je suis si heureux."),
    /** A relation. */
    CLOSE("You are my best friend.", "Eres mi mejor amigo.", "Tu es mon meilleur ami."),
    /** A relation. */
    UP("You are my boss.", "Eres mi jefe.", "Tu es mon chef."),
    /** A relation. */
    DOWN("You are my pupil.", "Eres mi alumno.", "Tu es mon élève."),
    /** A stake. */
    HIGH("My life depends on it.", "Mi vida depende de esto.", "Ma vie en dépend."),
    /** A stake. */
    LOW("It is only a game.", "Es solo un juego.", "Ce n'est qu'un jeu.");

    private final Phrase said;

    Context(String english, String spanish, String french) {
        said = new Phrase(english, spanish, french);
    }

    /** The question behind it. */
    public String before(String question, Tongue tongue) {
        return (said.in(tongue) + " " + question).strip();
    }
}
