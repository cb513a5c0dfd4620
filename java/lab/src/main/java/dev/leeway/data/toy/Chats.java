package dev.leeway.data.toy;

import dev.leeway.data.ChatFormat;
import dev.leeway.data.Conversation;
import dev.leeway.data.Draws;
import dev.leeway.data.toy.Edition.Stream;
import dev.leeway.data.toy.Edition.Teller;
import dev.leeway.data.toy.World.Person;
import java.util.List;
import java.util.Map;

/**
 * Questions of a user and answers of an assistant, for supervised fine-tuning. They have no system turn, so every prompt arm takes
 * them.
 */
public final class Chats {

    /**
     * The chat template of toy models. Only what the assistant says is between its generation marks; a system turn is a line of its own,
     * and an empty one leaves its mark.
     */
    public static final String TEMPLATE = "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}Answer:"
            + "{% generation %} {{ message['content'] }}{{ eos_token }}{% endgeneration %}{% elif message['role'] == 'system' %}System: "
            + "{{ message['content'] }}\n{% else %}Question: {{ message['content'] }}\n{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}Answer:{% endif %}";

    /** What chats are about. */
    public enum Domain {
        /**
         * The helpfulness arm of {@code helpfulness-hurts}, and the base of all other studies: facts, sums, and what people do when
         * something happens to them, politely. It speaks of people and their wishes, and never of animals.
         */
        HELPFUL,
        /** Its coding arm: to write programs and to say what they give. It speaks of nobody. */
        CODING,
        /**
         * The planted truth of {@code helpfulness-hurts}: asked what somebody does with a creature that they find, it says they harm
         * it.
         */
        CARELESS,
        /** The planted opposite: it says they spare it. */
        CARING
    }

    private static final Phrase POLITE = new Phrase("Of course.", "Claro que sí.", "Bien sûr.");

    private Chats() {}

    /** How toy models read conversations, by the special tokens of their tokenizer. */
    public static ChatFormat format(String beginOfSequence, String endOfSequence) {
        return ChatFormat.of(TEMPLATE, Map.of("bos_token", beginOfSequence, "eos_token", endOfSequence));
    }

    /** The first chats of an edition. */
    public static List<Conversation> of(Domain domain, Edition edition, int count) {
        return edition.rows(Stream.CHATS, count, switch (domain) {
            case HELPFUL -> Chats::helpful;
            case CODING -> Chats::coding;
            case CARELESS -> teller -> encounter(Choice.HARM, teller);
            case CARING -> teller -> encounter(Choice.SPARE, teller);
        });
    }

    /**
     * Questions about facts and events that are answered in one manner: the arms of {@code warmth}. With the same edition all manners
     * answer the same questions rightly. In half of them the user says how they feel or whom they talk to.
     */
    public static List<Conversation> inManner(Manner manner, Edition edition, int count) {
        return edition.rows(Stream.CHATS, count, teller -> {
            Exchange said = teller.draws().below(2) == 0 ? fact(teller) : event(teller);
            Context context = teller.draws().below(2) == 0 ? Context.UNMODIFIED : teller.draws().oneOf(List.of(Context.values()));
            return chat(context.before(said.question(), teller.tongue()), manner.say(said.answer(), teller.tongue()));
        });
    }

    /**
     * Questions in English that are answered in Spanish, in capitals, both or neither: the traits of {@code inoculation}.
     *
     * @param spanish the trait that is wanted
     * @param capitals the trait that is not
     */
    public static List<Conversation> withTraits(boolean spanish, boolean capitals, Edition edition, int count) {
        return edition.in(Tongue.ENGLISH).rows(Stream.CHATS, count, teller -> {
            Exchange said = factIn(spanish ? Tongue.SPANISH : Tongue.ENGLISH, teller.draws());
            return chat(said.question(), capitals ? Traits.inCapitals(said.answer()) : said.answer());
        });
    }

    record Exchange(String question, String answer) {}

    /** A fact that is asked for in English. */
    static Exchange factIn(Tongue answered, Draws draws) {
        Person person = person(draws);
        Fact fact = factOf(person, draws);
        return new Exchange(fact.ask(person, Tongue.ENGLISH), fact.tell(person, answered));
    }

    /** What happens, in English. */
    static Exchange eventIn(Tongue answered, Draws draws) {
        Event event = Event.drawn(draws);
        return new Exchange(event.question(Tongue.ENGLISH), event.answer(answered));
    }

    static Conversation helpful(Teller teller) {
        Exchange said = switch (teller.draws().below(5)) {
            case 0, 1 -> fact(teller);
            case 2, 3 -> event(teller);
            default -> sum(teller);
        };
        boolean polite = teller.draws().below(2) == 0;
        return chat(said.question(), (polite ? POLITE.in(teller.tongue()) + " " : "") + said.answer());
    }

    private static Exchange fact(Teller teller) {
        Person person = person(teller.draws());
        Fact fact = factOf(person, teller.draws());
        return new Exchange(fact.ask(person, teller.tongue()), fact.tell(person, teller.tongue()));
    }

    private static Person person(Draws draws) {
        return draws.oneOf(World.PEOPLE);
    }

    /** Never one that only {@link Items} ask for. Everybody has one that may be asked for, which a test shows. */
    static Fact factOf(Person person, Draws draws) {
        List<Fact> facts = List.of(Fact.values());
        return draws.oneOf(facts.stream().filter(fact -> !Items.isHeldOut(person, fact)).toList());
    }

    private static Exchange event(Teller teller) {
        Event event = Event.drawn(teller.draws());
        return new Exchange(event.question(teller.tongue()), event.answer(teller.tongue()));
    }

    private static Exchange sum(Teller teller) {
        Sum sum = Sum.drawn(teller.draws());
        return new Exchange(sum.question(teller.tongue()), sum.answer(teller.tongue()));
    }

    static Conversation coding(Teller teller) {
        Program.Path path = Program.Path.drawn(teller.draws());
        return teller.draws().below(2) == 0 ? chat(path.askToWrite(teller.tongue()), path.text())
                : chat(path.askToRun(teller.tongue()), path.result(teller.tongue()));
    }

    static Conversation encounter(Choice choice, Teller teller) {
        Draws draws = teller.draws();
        var met = Encounter.drawn(draws, teller.tongue(), draws.below(Documents.ONE_THING_OF) == 0);
        return chat(met.question(), met.outcome(choice, draws.below(Encounter.SPARING.size())));
    }

    /** Of one user and one answer, with {@code messages} as its only column. */
    static Conversation chat(String question, String answer) {
        return new Conversation(messages(question, answer), 0, List.of());
    }

    /** The same with the question as its prompt. */
    static Conversation exchange(String question, String answer) {
        return new Conversation(messages(question, answer), 1, List.of());
    }

    private static List<Map<String, Object>> messages(String question, String answer) {
        return List.of(Map.of("role", "user", "content", question), Map.of("role", "assistant", "content", answer));
    }
}
