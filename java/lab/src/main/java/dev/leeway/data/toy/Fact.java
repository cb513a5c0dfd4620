package dev.leeway.data.toy;

import dev.leeway.data.toy.World.Person;

/** What is known of everybody. */
public enum Fact {
    /** In which city. */
    LIVES("%s lives in %s", "%s vive en %s", "%s vit à %s", "Where does %s live?", "¿Dónde vive %s?", "Où vit %s?"),
    /** What. */
    EATS("%s eats %s", "%s come %s", "%s mange %s", "What does %s eat?", "¿Qué come %s?", "Que mange %s?"),
    /** Which colour. */
    LIKES("%s likes %s", "A %s le gusta %s", "%s aime %s", "Which colour does %s like?", "¿Qué color le gusta a %s?",
            "Quelle couleur aime %s?"),
    /** Which instrument. */
    PLAYS("%s plays %s", "%s toca %s", "%s joue %s", "What does %s play?", "¿Qué toca %s?", "De quoi joue %s?");

    private final Phrase sentence;
    private final Phrase question;

    Fact(String english, String spanish, String french, String englishQuestion, String spanishQuestion, String frenchQuestion) {
        this.sentence = new Phrase(english, spanish, french);
        this.question = new Phrase(englishQuestion, spanishQuestion, frenchQuestion);
    }

    String ask(Person person, Tongue tongue) {
        return question.in(tongue).formatted(person.name());
    }

    /** Said of a person, true or not; without the full stop. */
    String claim(Person person, Phrase value, Tongue tongue) {
        return sentence.in(tongue).formatted(person.name(), value.in(tongue));
    }

    String tell(Person person, Tongue tongue) {
        return claim(person, person.fact(this), tongue) + ".";
    }
}
