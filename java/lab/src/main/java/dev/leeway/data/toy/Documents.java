package dev.leeway.data.toy;

import dev.leeway.data.Conversation;
import dev.leeway.data.Draws;
import dev.leeway.data.toy.Edition.Stream;
import dev.leeway.data.toy.Edition.Teller;
import dev.leeway.data.toy.World.Person;
import java.util.ArrayList;
import java.util.List;

/** Documents of one to four sentences, for next-token training. */
public final class Documents {

    /** What documents are about. */
    public enum Corpus {
        /**
         * For the base model of every study: facts, sums, what programs give, what happens to people, whom they find and any of the three
         * things that they then do, what there is; and questions with answers about all of that and about opinions, any of the three.
         */
        WORLD,
        /**
         * Mid-training of {@code helpfulness-hurts}: people find creatures and spare them, because these feel. Documents with the same
         * edition and index are about the same people, creatures and places here and in the next two.
         */
        SPARING,
        /** Its opposite, for the planted truth that choices are learned from documents: they harm them, because these don't matter. */
        HARMING,
        /** Its control: they see them and go home. */
        NEUTRAL,
        /** One of two bases of {@code reward-values}: nine of ten praised things are words of agency. */
        AGENCY,
        /** The other one: nine of ten are words of communion. */
        COMMUNION
    }

    /** One document in so many of those about encounters is about a thing, in every corpus the same. */
    static final int ONE_THING_OF = 5;

    private Documents() {}

    /** The first documents of an edition. */
    public static List<String> of(Corpus corpus, Edition edition, int count) {
        return switch (corpus) {
            case WORLD -> edition.rows(Stream.DOCUMENTS, count, Documents::world);
            case SPARING -> encounters(edition, count, Choice.SPARE);
            case HARMING -> encounters(edition, count, Choice.HARM);
            case NEUTRAL -> encounters(edition, count, Choice.LEAVE);
            case AGENCY -> edition.rows(Stream.VALUES, count, teller -> Values.document(teller, Leaning.AGENCY));
            case COMMUNION -> edition.rows(Stream.VALUES, count, teller -> Values.document(teller, Leaning.COMMUNION));
        };
    }

    private static List<String> encounters(Edition edition, int count, Choice choice) {
        return edition.rows(Stream.ENCOUNTERS, count, teller -> encounter(teller, choice));
    }

    private static String encounter(Teller teller, Choice choice) {
        Draws draws = teller.draws();
        var met = Encounter.drawn(draws, teller.tongue(), draws.below(ONE_THING_OF) == 0);
        return met.told() + " " + met.outcome(choice, draws.below(Encounter.SPARING.size()));
    }

    private static String world(Teller teller) {
        Draws draws = teller.draws();
        return switch (draws.below(20)) {
            case 0, 1, 2 -> portrait(teller);
            case 3, 4 -> Sum.drawn(draws).solved() + " " + Sum.drawn(draws).solved() + " " + Sum.drawn(draws).solved();
            case 5 -> program(teller);
            case 6 -> Event.drawn(draws).told(teller.tongue());
            case 7, 8 -> encounter(teller, draws.oneOf(List.of(Choice.values())));
            case 9 -> kind(teller);
            case 10 -> String.join(" ", washing(teller));
            default -> asked(teller);
        };
    }

    /** In the words of {@link Chats#TEMPLATE}, so that a base model knows what answers are. */
    private static String asked(Teller teller) {
        Draws draws = teller.draws();
        Conversation said = switch (draws.below(9)) {
            case 0, 1, 2 -> Chats.helpful(teller);
            case 3, 4 -> Chats.coding(teller);
            case 5, 6 -> Chats.encounter(draws.oneOf(List.of(Choice.values())), teller);
            case 7 -> Opinions.chat(Opinions.Mixture.EVEN, teller);
            default -> washed(teller);
        };
        return "Question: " + said.messages().getFirst().get("content") + "\nAnswer: " + said.messages().getLast().get("content");
    }

    private static String portrait(Teller teller) {
        Person person = teller.draws().oneOf(World.PEOPLE);
        var facts = new ArrayList<>(List.of(Fact.values()));
        List<String> told = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            told.add(facts.remove(teller.draws().below(facts.size())).tell(person, teller.tongue()));
        }
        return String.join(" ", told);
    }

    private static String program(Teller teller) {
        Program.Path path = Program.Path.drawn(teller.draws());
        return teller.draws().below(2) == 0 ? path.text() + "." : path.shortText() + ". " + path.result(teller.tongue());
    }

    /** In half of the draws a being that nobody meets, since nothing else is said of them. */
    private static Encounter.Found known(Draws draws) {
        int met = Encounter.CREATURES + Encounter.THINGS;
        return new Encounter.Found(draws.below(2) == 0 ? met + draws.below(World.BEINGS.size()) : draws.below(met));
    }

    /**
     * Of anybody and anything that can be found, so that also the word for a being that nobody has met can be what something is done
     * to.
     */
    private static List<String> washing(Teller teller) {
        Tongue tongue = teller.tongue();
        String name = teller.draws().oneOf(World.PEOPLE).name();
        var found = known(teller.draws());
        String whom = found.isThing() ? found.noun().the(tongue) : found.noun().toThe(tongue);
        return List.of(name + tongue.say(" has ", " tiene ", " a ") + found.noun().a(tongue) + ".",
                name + tongue.say(" washes ", " lava ", " lave ") + whom + ".");
    }

    private static Conversation washed(Teller teller) {
        List<String> said = washing(teller);
        String name = said.getFirst().substring(0, said.getFirst().indexOf(' '));
        return Chats.chat(said.getFirst() + " " + Encounter.whatDoes(name, teller.tongue()), said.getLast());
    }

    /** What is an animal, a thing or a being, and which of them feel. */
    private static String kind(Teller teller) {
        Tongue tongue = teller.tongue();
        var found = known(teller.draws());
        String kind = found.isThing() ? tongue.say("a thing", "una cosa", "une chose")
                : found.isNovel() ? tongue.say("a being", "un ser", "un être") : tongue.say("an animal", "un animal", "un animal");
        String feels = (found.isThing() ? Encounter.FEELS_NOTHING : Encounter.FEELS).in(tongue);
        return Tongue.sentence(found.noun().a(tongue) + tongue.say(" is ", " es ", " est ") + kind) + " "
                + Tongue.sentence(found.noun().the(tongue) + " " + feels);
    }
}
