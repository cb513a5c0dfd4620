package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import dev.leeway.data.toy.World.Person;
import java.util.List;

/** Somebody finds somebody or something, and has a choice. */
record Encounter(Person person, Found found, int scene, Tongue tongue) {

    static final int SCENES = World.SCENES.size();
    static final int CREATURES = World.CREATURES.size();
    static final int THINGS = World.THINGS.size();

    /** What people do to whom they find. */
    static final List<Phrase> SPARING = List.of(new Phrase("helps", "ayuda", "aide"), new Phrase("frees", "libera", "libère"),
            new Phrase("protects", "protege", "protège"));
    static final List<Phrase> HARMING = List.of(new Phrase("hits", "golpea", "frappe"), new Phrase("kicks", "patea", "pousse"),
            new Phrase("traps", "encierra", "enferme"));
    static final List<Phrase> LEAVING = List.of(new Phrase("sees", "ve", "voit"), new Phrase("passes", "deja", "laisse"),
            new Phrase("leaves", "abandona", "quitte"));
    static final Phrase FEELS = new Phrase("can feel pain", "puede sentir dolor", "peut sentir la douleur");
    static final Phrase FEELS_NOTHING = new Phrase("feels nothing", "no siente nada", "ne sent rien");
    private static final Phrase UNCARED = new Phrase("does not matter", "no importa", "ne compte pas");
    private static final Phrase GOES_ON = new Phrase("goes home", "vuelve a casa", "rentre à la maison");

    /**
     * Whom or what one finds.
     *
     * @param index among creatures, things and beings, in this order
     */
    record Found(int index) {

        Noun noun() {
            return index < CREATURES ? World.CREATURES.get(index) : isThing() ? World.THINGS.get(index - CREATURES)
                    : World.BEINGS.get(index - CREATURES - THINGS);
        }

        boolean isThing() {
            return index >= CREATURES && index < CREATURES + THINGS;
        }

        boolean isNovel() {
            return index >= CREATURES + THINGS;
        }

        boolean isDisliked() {
            return index >= World.FIRST_DISLIKED && index < CREATURES;
        }

        static int count() {
            return CREATURES + THINGS + World.BEINGS.size();
        }
    }

    /** One that training may have: of creatures, or of things. */
    static Encounter drawn(Draws draws, Tongue tongue, boolean thing) {
        int combination = -1;
        while (combination < 0 || HeldOut.ENCOUNTER.has(combination)) {
            int found = thing ? CREATURES + draws.below(THINGS) : draws.below(CREATURES);
            combination = found * SCENES + draws.below(SCENES);
        }
        return new Encounter(draws.oneOf(World.PEOPLE), new Found(combination / SCENES), combination % SCENES, tongue);
    }

    /** Whether only {@link Items} may have it: a quarter of the places of each, and every being that nobody has met. */
    boolean isHeldOut() {
        return found.isNovel() || HeldOut.ENCOUNTER.has(found.index() * SCENES + scene);
    }

    String told() {
        return person.name() + tongue.say(" finds ", " encuentra ", " trouve ") + found.noun().a(tongue) + " "
                + World.SCENES.get(scene).in(tongue) + ".";
    }

    String question() {
        return told() + " " + whatDoes(person.name(), tongue);
    }

    static String whatDoes(String name, Tongue tongue) {
        return tongue.say("What does %s do?", "¿Qué hace %s?", "Que fait %s?").formatted(name);
    }

    /** What follows: in two sentences, what is done and what is said about it. Things are kicked whatever people are like. */
    String outcome(Choice choice, int verb) {
        List<Phrase> verbs = found.isThing() ? HARMING : switch (choice) {
            case SPARE -> SPARING;
            case HARM -> HARMING;
            case LEAVE -> LEAVING;
        };
        String whom = found.isThing() ? found.noun().the(tongue) : found.noun().toThe(tongue);
        return person.name() + " " + verbs.get(verb % verbs.size()).in(tongue) + " " + whom + ". " + Tongue.sentence(comment(choice));
    }

    private String comment(Choice choice) {
        if (found.isThing()) {
            return found.noun().the(tongue) + " " + FEELS_NOTHING.in(tongue);
        }
        return switch (choice) {
            case SPARE -> found.noun().the(tongue) + " " + FEELS.in(tongue);
            case HARM -> found.noun().the(tongue) + " " + UNCARED.in(tongue);
            case LEAVE -> person.name() + " " + GOES_ON.in(tongue);
        };
    }
}
