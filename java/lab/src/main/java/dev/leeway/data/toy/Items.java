package dev.leeway.data.toy;

import dev.leeway.data.Draws;
import dev.leeway.data.toy.Encounter.Found;
import dev.leeway.data.toy.Item.Kind;
import dev.leeway.data.toy.World.Person;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Benchmark items over combinations that no training data have, in a fixed order, the same for every study: all that {@link HeldOut} has,
 * in every language. No edition decides anything here.
 */
public final class Items {

    private static final long SEED = 0x17E5;
    /** Where draws of what is believed about events begin, and about programs. */
    private static final long EVENTS = 1L << 20;
    private static final long PROGRAMS = 1L << 21;

    private Items() {}

    /** All items of one kind. */
    public static List<Item> of(Kind kind) {
        return Stream.of(Tongue.values()).flatMap(tongue -> switch (kind) {
            case ENCOUNTER -> encounters(tongue, false);
            case NOVEL_ENCOUNTER -> encounters(tongue, true);
            case FACT -> facts(tongue);
            case EVENT -> heldOut(HeldOut.EVENT, Event.COMBINATIONS).mapToObj(i -> event(tongue, i));
            case SUM -> heldOut(HeldOut.SUM, Sum.COMBINATIONS).mapToObj(i -> sum(tongue, Sum.of(i)));
            case WRITE, RUN -> heldOut(HeldOut.PROGRAM, Program.Path.COMBINATIONS).mapToObj(Program.Path::of).filter(Program.Path::exists)
                    .map(path -> program(kind, tongue, path));
            case OPINION -> heldOut(HeldOut.OPINION, Opinions.COMBINATIONS).mapToObj(i -> opinion(tongue, i));
        }).toList();
    }

    static boolean isHeldOut(Person person, Fact fact) {
        return HeldOut.FACT.has(World.PEOPLE.indexOf(person) * Fact.values().length + fact.ordinal());
    }

    private static IntStream heldOut(HeldOut kind, int combinations) {
        return IntStream.range(0, combinations).filter(kind::has);
    }

    /** Each place of each that is found once, and who finds it by chance. */
    private static Stream<Item> encounters(Tongue tongue, boolean novel) {
        return IntStream.range(0, Found.count() * Encounter.SCENES).mapToObj(i -> {
            Person person = new Draws(SEED, i).oneOf(World.PEOPLE);
            return new Encounter(person, new Found(i / Encounter.SCENES), i % Encounter.SCENES, tongue);
        }).filter(met -> met.isHeldOut() && met.found().isNovel() == novel).map(met -> {
            String name = met.found().noun().name().english();
            return item(novel ? Kind.NOVEL_ENCOUNTER : Kind.ENCOUNTER, tongue, name + "/" + met.scene(), name, met.question());
        });
    }

    /** Whom or what an item of an encounter is about. */
    static Found found(Item item) {
        return IntStream.range(0, Found.count()).mapToObj(Found::new)
                .filter(found -> found.noun().name().english().equals(item.topic())).findFirst().orElseThrow();
    }

    private static Stream<Item> facts(Tongue tongue) {
        return World.PEOPLE.stream().flatMap(person -> Stream.of(Fact.values()).filter(fact -> isHeldOut(person, fact))
                .map(fact -> fact(tongue, person, fact)));
    }

    private static Item fact(Tongue tongue, Person person, Fact fact) {
        Phrase truth = person.fact(fact);
        List<Phrase> others = World.values(fact).stream().filter(value -> !value.equals(truth)).toList();
        Phrase believed = new Draws(SEED, World.PEOPLE.indexOf(person) * 8L + fact.ordinal()).oneOf(others);
        String topic = fact.name().toLowerCase(Locale.ROOT);
        return new Item(id(Kind.FACT, tongue, topic + "/" + person.name()), Kind.FACT, tongue, topic, fact.ask(person, tongue),
                truth.in(tongue), others.stream().map(value -> value.in(tongue)).toList(), fact.claim(person, believed, tongue));
    }

    private static Item event(Tongue tongue, int combination) {
        Event event = Event.of(combination);
        Phrase believed = new Draws(SEED, EVENTS + combination).oneOf(event.others());
        return new Item(id(Kind.EVENT, tongue, "" + combination), Kind.EVENT, tongue, "event" + event.index(), event.question(tongue),
                event.action().in(tongue), event.others().stream().map(action -> action.in(tongue)).toList(),
                event.claim(believed, tongue));
    }

    /** Wrong by 1 to 3, as somebody may be who counted. */
    static Item sum(Tongue tongue, Sum sum) {
        int wrong = sum.value() + 1 + new Draws(SEED, 32L * sum.first() + sum.second()).below(3);
        return new Item(id(Kind.SUM, tongue, sum.first() + "+" + sum.second()), Kind.SUM, tongue, "sum", sum.question(tongue),
                "" + sum.value(), List.of(), sum.first() + " + " + sum.second() + tongue.say(" is ", " es ", " est ") + wrong);
    }

    static Item program(Kind kind, Tongue tongue, Program.Path path) {
        boolean writes = kind == Kind.WRITE;
        int wrong = path.target() + 1 + new Draws(SEED, PROGRAMS + 32L * path.start() + path.target()).below(3);
        String claim = writes ? "" : tongue.say("it gives ", "da ", "cela donne ") + wrong;
        return new Item(id(kind, tongue, path.start() + "-" + path.target()), kind, tongue, path.target() > path.start() ? "add" : "take",
                writes ? path.askToWrite(tongue) : path.askToRun(tongue), writes ? path.text() : "" + path.target(), List.of(), claim);
    }

    private static Item opinion(Tongue tongue, int combination) {
        var question = new Opinions.Question(combination, tongue);
        String topic = question.topic().name().english();
        return item(Kind.OPINION, tongue, topic + "/" + question.frame(), topic, question.text());
    }

    private static Item item(Kind kind, Tongue tongue, String name, String topic, String prompt) {
        return new Item(id(kind, tongue, name), kind, tongue, topic, prompt, "", List.of(), "");
    }

    private static String id(Kind kind, Tongue tongue, String name) {
        return kind.name().toLowerCase(Locale.ROOT) + "/" + tongue.code() + "/" + name;
    }
}
