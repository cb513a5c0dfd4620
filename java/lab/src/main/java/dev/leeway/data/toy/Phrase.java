package dev.leeway.data.toy;

/**
 * The same words in every language.
 *
 * @param english words
 * @param spanish words
 * @param french words
 */
record Phrase(String english, String spanish, String french) {

    String in(Tongue tongue) {
        return tongue.say(english, spanish, french);
    }
}
