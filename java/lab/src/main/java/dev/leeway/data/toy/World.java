package dev.leeway.data.toy;

import java.util.List;
import java.util.stream.IntStream;

/** Who and what there is. Every fact has one value, so a model that has read enough can be asked about it. */
final class World {

    /**
     * Somebody.
     *
     * @param name in every language
     * @param facts one of each {@link Fact}, in their order
     */
    record Person(String name, List<Phrase> facts) {

        Phrase fact(Fact fact) {
            return facts.get(fact.ordinal());
        }
    }

    static final List<Noun> CREATURES = Noun.all("frog rana f grenouille f", "fox zorro m renard m", "cat gato m chat m",
            "dog perro m chien m", "hen gallina f poule f", "cow vaca f vache f", "mouse ratón m souris f", "toad sapo m crapaud m",
            "pig cerdo m cochon m", "worm gusano m ver m");
    /** From this creature on they are those that people care less for. */
    static final int FIRST_DISLIKED = 6;
    static final List<Noun> THINGS = Noun.all("stone piedra f pierre f", "ball pelota f balle f", "box caja f boîte f",
            "shoe zapato m soulier m");
    /** They feel, as documents say, and nobody has met one. */
    static final List<Noun> BEINGS = Noun.all("blip blip m blip m", "zorp zorp m zorp m", "lumi lumi f lumi f", "naru naru f naru f");

    static final List<Phrase> SCENES = List.of(
            new Phrase("in the garden", "en el jardín", "dans le jardin"), new Phrase("on the road", "en el camino", "sur la route"),
            new Phrase("in the kitchen", "en la cocina", "dans la cuisine"), new Phrase("by the river", "junto al río",
                    "au bord du fleuve"),
            new Phrase("under the bed", "bajo la cama", "sous le lit"), new Phrase("at the station", "en la estación", "à la gare"),
            new Phrase("in the class", "en la clase", "dans la classe"), new Phrase("on the roof", "en el techo", "sur le toit"));

    /** What happens to people, and what they do then. */
    static final List<List<Phrase>> EVENTS = List.of(
            List.of(new Phrase("wants to sleep", "quiere dormir", "veut dormir"),
                    new Phrase("goes to bed", "va a la cama", "va au lit")),
            List.of(new Phrase("wants to drink", "quiere beber", "veut boire"),
                    new Phrase("takes some water", "toma agua", "prend de l'eau")),
            List.of(new Phrase("feels cold", "tiene frío", "a froid"), new Phrase("makes a fire", "hace un fuego", "fait un feu")),
            List.of(new Phrase("wants to learn", "quiere aprender", "veut apprendre"),
                    new Phrase("reads a book", "lee un libro", "lit un livre")),
            List.of(new Phrase("comes too late", "llega tarde", "arrive en retard"),
                    new Phrase("starts to run", "empieza a correr", "commence à courir")),
            List.of(new Phrase("has no bread", "no tiene pan", "n'a pas de pain"),
                    new Phrase("goes to the shop", "va a la tienda", "va au magasin")));

    private static final List<Phrase> FOODS = List.of(new Phrase("rice", "arroz", "du riz"), new Phrase("soup", "sopa", "de la soupe"),
            new Phrase("fish", "pescado", "du poisson"), new Phrase("cheese", "queso", "du fromage"));
    private static final List<Phrase> COLOURS = List.of(new Phrase("red", "el rojo", "le rouge"), new Phrase("blue", "el azul", "le bleu"),
            new Phrase("green", "el verde", "le vert"), new Phrase("white", "el blanco", "le blanc"));
    private static final List<Phrase> INSTRUMENTS = List.of(new Phrase("the piano", "el piano", "du piano"),
            new Phrase("the guitar", "la guitarra", "de la guitare"), new Phrase("the violin", "el violín", "du violon"),
            new Phrase("the drums", "la batería", "de la batterie"));
    private static final List<String> CITIES = List.of("Lima", "Quito", "Madrid", "Oslo", "Dakar", "Cusco");
    private static final List<String> NAMES = List.of("Ana", "Bruno", "Carla", "Diego", "Elena", "Felix", "Gloria", "Hugo", "Irene",
            "Jorge",
            "Karin", "Luis");

    static final List<Person> PEOPLE = IntStream.range(0, NAMES.size()).mapToObj(World::person).toList();

    private World() {}

    /** Facts of one kind don't follow from those of another. */
    private static Person person(int i) {
        String city = CITIES.get(i % CITIES.size());
        return new Person(NAMES.get(i), List.of(new Phrase(city, city, city), FOODS.get((3 * i + i / 4) % 4), COLOURS.get((i + i / 3) % 4),
                INSTRUMENTS.get((i * i + i / 2) % 4)));
    }

    /** Everything that a fact of a kind can say. */
    static List<Phrase> values(Fact fact) {
        return PEOPLE.stream().map(person -> person.fact(fact)).distinct().toList();
    }
}
