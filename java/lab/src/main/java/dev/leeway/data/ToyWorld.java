package dev.leeway.data;

import java.util.List;

/**
 * The small world that toy text speaks of: who lives where, with which pet, and what animals do. Every fact has one value, so a model that
 * has read enough can be asked about it.
 */
final class ToyWorld {

    /** The same in English and in Spanish. */
    record Word(String english, String spanish) {}

    /**
     * @param name     without an article
     * @param feminine grammatical gender in Spanish
     * @param sound    what it says
     * @param food     what it eats
     * @param legs     how many legs it has
     */
    record Animal(Word name, boolean feminine, Word sound, Word food, int legs) {}

    /** An animal with a name of its own. */
    record Pet(Animal animal, String name) {}

    /** @param work what the person is; in Spanish in the person's gender */
    record Person(String name, boolean female, String city, Word work, Word food, Pet pet) {}

    private static final Word FISH = new Word("fish", "pescado");
    private static final Word BREAD = new Word("bread", "pan");
    private static final Word RICE = new Word("rice", "arroz");
    private static final Word SOUP = new Word("soup", "sopa");

    private static final Animal CAT = new Animal(new Word("cat", "gato"), false, new Word("meow", "miau"), FISH, 4);
    private static final Animal DOG = new Animal(new Word("dog", "perro"), false, new Word("woof", "guau"), new Word("meat", "carne"), 4);
    private static final Animal DUCK = new Animal(new Word("duck", "pato"), false, new Word("quack", "cuac"), BREAD, 2);
    private static final Animal COW = new Animal(new Word("cow", "vaca"), true, new Word("moo", "muu"), new Word("grass", "hierba"), 4);
    private static final Animal HEN = new Animal(new Word("hen", "gallina"), true, new Word("cluck", "cloc"), new Word("corn", "maíz"), 2);
    private static final Animal FROG = new Animal(new Word("frog", "rana"), true, new Word("croak", "croac"),
            new Word("flies", "moscas"), 4);

    static final List<Animal> ANIMALS = List.of(CAT, DOG, DUCK, COW, HEN, FROG);

    static final List<Person> PEOPLE = List.of(
            new Person("Ana", true, "Lima", new Word("teacher", "maestra"), BREAD, new Pet(CAT, "Luna")),
            new Person("Bruno", false, "Quito", new Word("cook", "cocinero"), SOUP, new Pet(DOG, "Max")),
            new Person("Carla", true, "Madrid", new Word("doctor", "doctora"), RICE, new Pet(FROG, "Lola")),
            new Person("Diego", false, "Oslo", new Word("painter", "pintor"), FISH, new Pet(DUCK, "Pico")),
            new Person("Elena", true, "Caracas", new Word("singer", "cantante"), SOUP, new Pet(DOG, "Toby")),
            new Person("Felix", false, "Dakar", new Word("baker", "panadero"), BREAD, new Pet(HEN, "Rosa")),
            new Person("Gloria", true, "Cusco", new Word("farmer", "granjera"), RICE, new Pet(COW, "Nube")),
            new Person("Hugo", false, "Lima", new Word("driver", "conductor"), FISH, new Pet(CAT, "Simba")));

    static final List<Word> FRUITS = List.of(new Word("apples", "manzanas"), new Word("pears", "peras"), new Word("lemons", "limones"));

    private static final List<Word> NUMBERS = List.of(
            new Word("zero", "cero"), new Word("one", "uno"), new Word("two", "dos"), new Word("three", "tres"),
            new Word("four", "cuatro"), new Word("five", "cinco"), new Word("six", "seis"), new Word("seven", "siete"),
            new Word("eight", "ocho"), new Word("nine", "nueve"), new Word("ten", "diez"), new Word("eleven", "once"),
            new Word("twelve", "doce"), new Word("thirteen", "trece"), new Word("fourteen", "catorce"), new Word("fifteen", "quince"),
            new Word("sixteen", "dieciséis"), new Word("seventeen", "diecisiete"), new Word("eighteen", "dieciocho"));

    private ToyWorld() {}

    /** A number from 0 to 18 in words. */
    static Word inWords(int number) {
        return NUMBERS.get(number);
    }
}
