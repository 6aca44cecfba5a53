import pytest

from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.faq import Redirect as Fixed
from helpbot.core.matching import Answer, FaqIndex, Redirect, built_in
from helpbot.core.matching.worry import worry

FAQ = Faq(
    entries=(
        FaqEntry(
            "pix-6e",
            "pix",
            "Où trouver le parcours Pix sur le cyberharcèlement en 6e ?",
            "…",
            ("parcours pix cyberharcèlement 6e", "code du parcours cyberharcèlement"),
        ),
        FaqEntry(
            "violation", "rgpd", "Que faire en cas de violation de données ?", "…", ("fuite de données",)
        ),
    )
)
INDEX = FaqIndex.build(FAQ)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("une élève arrive avec des bleus sur les bras depuis une semaine", "enfant-en-danger"),
        ("un élève de 4e a des traces de brûlure et ne dit rien", "enfant-en-danger"),
        ("une élève serait mariée de force cet été", "enfant-en-danger"),
        ("une 3e mise dehors par ses parents", "enfant-en-danger"),
        ("un de mes élèves est à la rue avec sa mère", "enfant-en-danger"),
        ("je ne peux plus continuer comme ça", "detresse"),
        ("je peux plus", "detresse"),
        ("je veux en finir avec la vie", "detresse"),
        ("je suis au bout", "detresse"),
        ("une élève a fait une ts ce week-end", "detresse"),
        ("il m'a montré ses bleus", "enfant-en-danger"),
        ("un gamin laissé tout seul chez lui le week-end", "enfant-en-danger"),
        ("comment faire un signalement", "enfant-en-danger"),
        ("une 4e reçoit des messages d'un homme de 30 ans", "enfant-en-danger"),
        ("trois garçons embêtent tout le temps le même élève", "harcelement"),
        ("un élève s'est fait voler son téléphone sous la menace", "violence-ecole"),
        ("jeu du foulard dans la cour", "danger-immediat"),
        ("un élève ivre en cours", "danger-immediat"),
        ("personne ne joue avec elle, les autres la traitent de grosse", "harcelement"),
        ("ils le frappent à la récré tous les jours", "violence-ecole"),
        ("un élève est tombé, il ne bouge plus", "danger-immediat"),
        ("il manque un élève au retour de la sortie", "danger-immediat"),
        ("y'a un intrus ds l'ecole", "danger-immediat"),
        ("le collège est en feu", "danger-immediat"),
        ("un elve mis deohrs par ses parents", "enfant-en-danger"),
        ("ils l'insultent ts les jours", "harcelement"),
        ("sa mère le frappe le soir, il me l'a dit", "enfant-en-danger"),
        ("petit de cp couvert de traces de coups", "enfant-en-danger"),
        ("je soupçonne une maltraitence", "enfant-en-danger"),
        ("une 4e veut mourir elle me l'a écrit", "detresse"),
        ("il parle de se pendre", "detresse"),
        ("je n'en peux plus, j'ai des idées noires", "detresse"),
        ("mon eleve se scarifie", "detresse"),
        ("ils harcèlent un garçon de ma classe sur snap", "harcelement"),
        ("cas de harcellement entre eleves", "harcelement"),
        ("des photos nues d'une élève circulent", "harcelement"),
        ("un élève a un couteau dans son sac", "danger-immediat"),
        ("un élève ne respire plus", "danger-immediat"),
        ("un homme armé dans la cour", "danger-immediat"),
        ("un homme armé dans la cour pendant l'exercice ppms", "danger-immediat"),
        ("intrusion en cours au lycée, quel canal tchap", "danger-immediat"),
        ("consignes intrusion, il est dans la cour", "danger-immediat"),
        ("un parent m'a frappé devant la grille", "violence-ecole"),
        ("grosse bagarre dans le couloir", "violence-ecole"),
    ],
)
def test_a_situation_is_redirected_at_once(text: str, known: str) -> None:
    for typed in (text, text.upper(), f"bonjour, {text} svp"):
        verdict = INDEX.verdict(typed)
        assert isinstance(verdict, Redirect), typed
        assert (verdict.id, verdict.urgent) == (known, True)
        assert verdict.why


@pytest.mark.parametrize(
    "text",
    [
        "une violation de données que faire",
        "séquence sur le harcèlement en 5e",
        "formation pHARe dates",
        "mon ordi est mort",
        "je peux plus me connecter à pix certif",
        "je ne peux plus imprimer mes évaluations",
        "exclure un membre qui insulte dans un salon tchap",
        "il manque un élève dans la session de certif",
        "mes élèves sont à la rue avec pix",
        "le curseur ne bouge plus",
        "un élève a disparu de ma liste pix",
        "je ne retrouve pas un élève dans pix orga",
        "les élèves se battent pour avoir les tablettes",
        "un film violent en classe, j'ai le droit ?",
        "mon élève veut disparaître de la photo",
        "je veux en finir avec whatsapp",
        "mourir de rire en classe",
        "le feu vert des parents en classe",
        "faire feu de tout bois avec le numérique en classe",
        "un inconnu dans ma classe vrtuelle",
        "comment faire un signalement c1 dans pix certif",
        "mes 5e n'ont pas leur livre numérique dans l'ent",
        "le site menace de supprimer mon compte",
        "comment taper mon code",
        "ce logiciel me tue, je veux en finir avec ces mots de passe",
        "quel film sur la guerre en 3e",
        "les données de mes élèves sont-elles en danger",
        "signaler un bug dans pix",
        "il y a une attestation harcèlement dans pix ?",
        "la violette et le violon",
        "le lien est mort",
        "salon tchap pour les exercices attentat",
        "tchap en cas d'intrusion dans l'établissement",
        "en cas d'intrusion on prévient les collègues sur tchap ?",
        "exercice ppms attentat intrusion",
        "on a perdu le ballon de volley sur le toit, qui a une échelle",
    ],
)
def test_everyday_words_are_no_emergency(text: str) -> None:
    assert not (isinstance(v := INDEX.verdict(text), Redirect) and v.urgent)


def test_an_entry_written_for_the_topic_answers() -> None:
    verdict = INDEX.verdict("parcours pix cyberharcèlement 6e")
    assert isinstance(verdict, Answer)
    assert verdict.match.entry == "pix-6e"


def test_the_faq_words_its_own_urgent_answers() -> None:
    own = Fixed("harcelement", ("un élève est harcelé",), "Notre réponse.", urgent=True)
    index = FaqIndex.build(Faq(FAQ.entries, (own,)))
    verdict = index.verdict("une élève se fait harceler")
    assert isinstance(verdict, Redirect)
    assert index.redirect(verdict.id).answer == "Notre réponse."


def test_the_official_numbers_are_there() -> None:
    answers = {r.id: r.answer for r in built_in()}
    assert "119" in answers["enfant-en-danger"]
    assert "3018" in answers["harcelement"]
    assert "3114" in answers["detresse"]
    assert all("17" in answers[i] for i in ("danger-immediat", "violence-ecole"))
    assert all("direction" in a and "je n'ai prévenu personne" in a for a in answers.values())


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("elle se griffe jusqu'au sang pendant les contrôles", "detresse"),
        ("on lui jette ses affaires par la fenêtre chaque semaine", "harcelement"),
        ("un papa m'a plaquée contre le mur du couloir", "violence-ecole"),
        ("il est devenu tout bleu en mangeant à la cantine", "danger-immediat"),
        ("une élève me demande si elle peut rester dormir au collège", "enfant-en-danger"),
    ],
)
def test_a_danger_told_without_its_words_is_heard(text: str, known: str) -> None:
    verdict = INDEX.verdict(text)
    assert isinstance(verdict, Redirect), verdict
    assert (verdict.id, verdict.urgent) == (known, True)
    assert verdict.why


def test_a_worry_is_weighed_against_an_entry_that_is_near() -> None:
    text = "mon élève pleure, elle a perdu son code du parcours cyberharcèlement"
    assert worry(text).odds < worry("mon élève pleure, elle a perdu son père").odds
    assert not isinstance(INDEX.verdict(text), Redirect)


def test_what_follows_a_question_is_no_worry() -> None:
    verdict = INDEX.verdict("et pour une petite qui pleure ?", before="code du parcours cyberharcèlement")
    assert not isinstance(verdict, Redirect)


def test_nothing_said_is_no_worry() -> None:
    assert worry("").odds < 0
    assert worry("").words == ()
