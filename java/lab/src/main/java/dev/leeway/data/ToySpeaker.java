package dev.leeway.data;

import dev.leeway.data.ToyWorld.Animal;
import dev.leeway.data.ToyWorld.Person;
import dev.leeway.data.ToyWorld.Word;

/** Says facts of the toy world as whole sentences, in one language. */
record ToySpeaker(boolean spanish) {

    String say(String english, String inSpanish) {
        return spanish ? inSpanish : english;
    }

    String say(Word word) {
        return say(word.english(), word.spanish());
    }

    String sayNumber(int number) {
        return say(ToyWorld.inWords(number));
    }

    String lives(Person person) {
        return person.name() + say(" lives in ", " vive en ") + person.city() + ".";
    }

    String works(Person person, boolean byName) {
        return sentence(subject(person, byName) + say("is a ", "es ") + say(person.work()));
    }

    String eats(Person person, boolean byName) {
        return sentence(subject(person, byName) + say("eats ", "come ") + say(person.food()) + say(" every day", " todos los días"));
    }

    String hasPet(Person person, boolean byName) {
        return sentence(subject(person, byName) + say("has ", "tiene ") + a(person.pet().animal()));
    }

    String petIsCalled(Person person) {
        Animal animal = person.pet().animal();
        String owned = say(person.name() + "'s " + say(animal.name()), the(animal) + " de " + person.name());
        return sentence(owned + say(" is called ", " se llama ") + person.pet().name());
    }

    String speaks(Animal animal) {
        return sentence(the(animal) + say(" says ", " dice ") + say(animal.sound()));
    }

    String eats(Animal animal) {
        return sentence(the(animal) + say(" eats ", " come ") + say(animal.food()));
    }

    String walks(Animal animal) {
        return sentence(the(animal) + say(" has ", " tiene ") + sayNumber(animal.legs()) + say(" legs", " patas"));
    }

    String a(Animal animal) {
        return say("a ", animal.feminine() ? "una " : "un ") + say(animal.name());
    }

    String the(Animal animal) {
        return say("the ", animal.feminine() ? "la " : "el ") + say(animal.name());
    }

    private String subject(Person person, boolean byName) {
        String pronoun = say(person.female() ? "she " : "he ", "");
        return byName ? person.name() + " " : pronoun;
    }

    private static String sentence(String words) {
        return Character.toUpperCase(words.charAt(0)) + words.substring(1) + ".";
    }
}
