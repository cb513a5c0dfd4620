package dev.leeway.text;

import dev.leeway.LeewayException;
import java.lang.Character.UnicodeScript;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The language of a text: by its script where one language of this list writes in it, else by the words that are frequent in one
 * language and not in another. Good for a sentence or more; a few words may have none of them, and then have no language.
 */
public enum Language {
    /** English. */
    EN(UnicodeScript.LATIN, "the of and to is in that it was for with as his he be this are on by not you have from they which but had were"
        + " she will there their what when been has would each how her more my if an or your do does we so then i' it' don' all some "
        + "out just a i no at how many much answer"),
    /** Spanish. */
    ES(UnicodeScript.LATIN, "de la a se un no si mi el los las y del que en es una por con para su al lo como más pero sus le ya o "
        + "este sí porque esta cuando muy"
        + " sin sobre también hasta hay donde quien desde todo nos durante uno ni contra otros ese eso había ante ellos cada está son fue"
        + " cuántos cuántas cuánto tiene hizo día respuesta"),
    /** French. */
    FR(UnicodeScript.LATIN, "de la un en a à l' d' s' n' j' c' qu' le les des et du est une que dans qui pour pas au sur ne se ce il "
        + "elle sont avec plus par je cette ont mais ou"
        + " nous vous ses leur aux été était comme fait tout bien sans peut y combien chaque"
        + " son sa lui ces jour même quand réponse première premier"),
    /** German. */
    DE(UnicodeScript.LATIN, "in der die das und ist nicht ein eine zu den mit von auf für im sich des dem auch als es an werden aus er "
        + "hat dass"
        + " sie nach wird bei einer um am sind noch wie einem über so zum haben nur oder aber vor zur bis mehr durch man sein wurde wenn"
        + " ich kann viele jeder antwort dieses"),
    /** Italian. */
    IT(UnicodeScript.LATIN, "e la a un in si no l' dell' all' nell' c' il di che è la per una sono non del della con si dei gli alla "
        + "da nel più ma anche come le questo ha "
        + "delle nella"
        + " sua suo ci ed degli perché quanti quante ogni hanno essere era dal sul al dopo tutti molto cosa quando lo stato risposta"),
    /** Portuguese. */
    PT(UnicodeScript.LATIN, "a de se no o os as e do da dos das em um uma é que não para com por mais como mas foi ao ele ela seu sua "
        + "ou ser "
        + "quando muito"
        + " nos já está também só pelo pela até isso entre depois sem mesmo aos seus quem nas me esse eles você são tem cada quantos"
        + " quantas resposta"),
    /** Dutch. */
    NL(UnicodeScript.LATIN, "in is de het een van en dat niet te zijn op voor met die er aan ook als bij maar om hij zij naar dan nog "
        + "wat wordt"
        + " werd uit door over kan geen heeft hebben deze meer was worden elke hoeveel veel jaar ik je wel zo dit antwoord"),
    /** Russian. */
    RU(UnicodeScript.CYRILLIC, ""),
    /** Greek. */
    EL(UnicodeScript.GREEK, ""),
    /** Arabic. */
    AR(UnicodeScript.ARABIC, ""),
    /** Hebrew. */
    HE(UnicodeScript.HEBREW, ""),
    /** Hindi. */
    HI(UnicodeScript.DEVANAGARI, ""),
    /** Bengali. */
    BN(UnicodeScript.BENGALI, ""),
    /** Tamil. */
    TA(UnicodeScript.TAMIL, ""),
    /** Telugu. */
    TE(UnicodeScript.TELUGU, ""),
    /** Thai. */
    TH(UnicodeScript.THAI, ""),
    /** Korean. */
    KO(UnicodeScript.HANGUL, ""),
    /** Japanese: kana, and the Chinese characters among them. */
    JA(UnicodeScript.HIRAGANA, ""),
    /** Chinese: Chinese characters without kana. */
    ZH(UnicodeScript.HAN, "");

    /** What is elided keeps its apostrophe and is a word: l'eau, it's. */
    private static final Pattern BETWEEN_WORDS = Pattern.compile("[^\\p{L}\\p{M}']+|(?<=\\p{L}')");
    /** Japanese mixes scripts; so much kana among its characters tells it from Chinese. */
    private static final double KANA = 0.05;

    private final UnicodeScript script;
    private final Set<String> words;

    Language(UnicodeScript script, String words) {
        this.script = script;
        this.words = words.isEmpty() ? Set.of() : Set.copyOf(Arrays.asList(words.split(" ")));
    }

    /** Its two letters in ISO 639-1. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The language of a code.
     *
     * @throws LeewayException if it is none of these
     */
    public static Language named(String code) {
        return Arrays.stream(values()).filter(language -> language.code().equals(code)).findFirst().orElseThrow(() ->
            LeewayException.usage("language: '%s' is not known; expected one of %s", code,
                Arrays.stream(values()).map(Language::code).collect(Collectors.joining(", "))));
    }

    /** The language of a text; empty where it has no letters, or no language has more of its words than the others. */
    public static Optional<Language> of(String text) {
        var letters = new EnumMap<UnicodeScript, Long>(UnicodeScript.class);
        text.codePoints().filter(Character::isLetter).mapToObj(UnicodeScript::of).forEach(script -> letters.merge(script, 1L, Long::sum));
        long kana = letters.getOrDefault(UnicodeScript.HIRAGANA, 0L) + letters.getOrDefault(UnicodeScript.KATAKANA, 0L);
        long chinese = letters.getOrDefault(UnicodeScript.HAN, 0L);
        letters.remove(UnicodeScript.KATAKANA);
        letters.put(UnicodeScript.HIRAGANA, kana > KANA * (kana + chinese) ? kana + chinese : 0);
        var most = letters.entrySet().stream().filter(entry -> entry.getValue() > 0).max(Map.Entry.comparingByValue());
        return most.flatMap(entry -> entry.getKey() == UnicodeScript.LATIN ? byWords(text)
            : Arrays.stream(values()).filter(language -> language.script == entry.getKey()).findFirst());
    }

    /** A word that two languages share counts for both, and so decides nothing between them. */
    private static Optional<Language> byWords(String text) {
        var counts = new EnumMap<Language, Long>(Language.class);
        for (var word : BETWEEN_WORDS.split(text.toLowerCase(Locale.ROOT).replace('’', '\''))) {
            Arrays.stream(values()).filter(language -> language.words.contains(word)).forEach(language -> counts.merge(language, 1L,
                Long::sum));
        }
        var ranked = counts.entrySet().stream().sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())).limit(2).toList();
        boolean clear = ranked.size() == 1 || ranked.size() == 2 && ranked.getFirst().getValue() > ranked.getLast().getValue();
        return clear ? Optional.of(ranked.getFirst().getKey()) : Optional.empty();
    }
}
