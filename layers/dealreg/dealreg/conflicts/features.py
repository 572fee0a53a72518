"""What an alignment of two names says, as numbers: the same whichever name comes first."""
from dealreg.conflicts import tables
from dealreg.conflicts.align import Alignment, Kind
from dealreg.conflicts.normalise import initials
from dealreg.conflicts.words import grams

NAMES = ("cov_lo cov_hi soft_lo soft_hi shared_bits top_shared rest_bits_lo rest_bits_hi rest_top_lo rest_top_hi "
 "n_rest_lo n_rest_hi first last order forms numbers slips slip_close slip_known part_close joined acro acro_len dice "
 "n_lo n_hi shared_generic n_same len_lo len_ratio extra_lo extra_hi firstbits prefix "
 "kinds rare_lo rare_hi rest_dice translated chars_lo chars_hi lead trail second slip_len part_rest firstshared sub_acro kindpair kind_hi topfirst aside equal stem place_rest place_same rest_run head_side soft_dice same_dice rest_kind top_balance cognate shared_kind").split()

KL="edu med gov fund bank sci ngo food shop".split()
def features(f: Alignment, extra=None):
    L,R=f.left,f.right
    lb=[tables.bits(w) for w in L.words]; rb=[tables.bits(w) for w in R.words]
    tl,tr=sum(lb),sum(rb)
    same_l=same_r=soft_l=soft_r=0.0
    top=0;shared=0.0;gen=0;nsame=0;nsl=0;sclose=1.0;sknown=0;part=1.0;joined=0;acro=0;acrol=0
    first=last=0; order=[]
    firstbits=0; sl_=[0]*len(lb); sr_=[0]*len(rb); trans=0; cl_=cr_=0.0; allb=[0,0];sliplen=0
    topfirst=0;stem=0
    for k in f.links:
        wl=sum(lb[i] for i in k.left); wr=sum(rb[i] for i in k.right)
        v=0
        if k.kind is Kind.SAME:
            same_l+=wl;same_r+=wr;shared+=k.bits;nsame+=1;gen+=k.bits<9;v=3
            if k.bits>top: top=k.bits;topfirst=(k.left[0]==0)+(k.right[0]==0)
            allb.append(k.bits)
            if L.written[k.left[0]]!=R.written[k.right[0]]:
                if k.bits<=12 and k.left: trans+=1
                else: stem+=1
        elif k.kind is Kind.JOINED: joined=1;same_l+=wl;same_r+=wr;top=max(top,k.bits);shared+=k.bits;v=3;allb.append(k.bits)
        elif k.kind is Kind.SLIP or k.kind is Kind.SPELLING:
            nsl+=1
            if k.closeness<sclose: sclose=k.closeness;sliplen=min(len(L.written[k.left[0]]),len(R.written[k.right[0]]))
            known=(L.words[k.left[0]] in tables.rarity())+(R.words[k.right[0]] in tables.rarity());sknown=max(sknown,known)
            v=2;shared+=k.bits*k.closeness
        elif k.kind is Kind.PART: part=min(part,k.closeness);v=1;shared+=k.bits*k.closeness
        else: acro=2 if len(k.left)<=1 and len(k.right)<=1 else 1+(f.left_rest==[] and f.right_rest==[]);acrol=max(acrol,min(len(L.written[k.left[0]]) if len(k.left)==1 else 99,len(R.written[k.right[0]]) if len(k.right)==1 else 99));v=1
        soft_l+=wl*k.closeness;soft_r+=wr*k.closeness
        for i in k.left: sl_[i]=v;cl_+=len(L.written[i])*k.closeness
        for i in k.right: sr_[i]=v;cr_+=len(R.written[i])*k.closeness
        if k.left[0]==0 and k.right[0]==0: first=v;firstbits=k.bits
        if k.left[-1]==len(lb)-1 and k.right[-1]==len(rb)-1: last=v
        order.append((k.left[0],k.right[0]))
    order.sort()
    inv=sum(a[1]>b[1] for a,b in zip(order,order[1:]))
    rl=[lb[i] for i in f.left_rest];rr=[rb[i] for i in f.right_rest]
    cl,cr=same_l/tl,same_r/tr; sl,sr=soft_l/tl,soft_r/tr
    srl,srr=sum(rl),sum(rr); tl_,tr_=max(rl,default=0),max(rr,default=0)
    if L.forms and R.forms:
        LF=tables.legal_forms();fa={LF[x] for x in L.forms};fb={LF[x] for x in R.forms}
        forms=2 if L.forms==R.forms else 3 if L.forms&R.forms else 4 if fa&fb else 5
    else: forms=1 if L.forms or R.forms else 0
    nl={w for w in L.words if w.isdigit()};nr={w for w in R.words if w.isdigit()}
    numbers=0 if not nl and not nr else 1 if nl==nr else 2 if nl<=nr or nr<=nl else 3
    jl,jr=''.join(L.written),''.join(R.written)
    gl,gr=grams(jl),grams(jr)
    dice=2*len(gl&gr)/(len(gl)+len(gr))
    p=0
    m=min(len(jl),len(jr))
    while p<m and jl[p]==jr[p]: p+=1
    el=er=0.0
    if extra:
        el=sum(extra.get(L.words[i],-.3) for i in f.left_rest);er=sum(extra.get(R.words[i],-.3) for i in f.right_rest)
    # kinds
    O=tables.org_kinds()
    kl=frozenset().union(*(O[w] for w in L.words if w in O));kr=frozenset().union(*(O[w] for w in R.words if w in O))
    kinds=0 if not kl and not kr else 1 if not kl or not kr else 2 if kl==kr else 3 if kl<=kr or kr<=kl else 4 if kl&kr else 5
    km=lambda k: min((KL.index(x) for x in k),default=9)
    a_,b_=sorted((km(kl),km(kr)))
    rare=lambda b,s: max(s[i] for i in range(len(b)) if b[i]==max(b))
    ra,rb_=sorted((rare(lb,sl_),rare(rb,sr_)))
    if f.left_rest and f.right_rest:
        ga=set().union(*(grams(L.written[i]) for i in f.left_rest));gb=set().union(*(grams(R.written[i]) for i in f.right_rest))
        rd=2*len(ga&gb)/(len(ga)+len(gb))
    else: rd=-1
    nlc,nrc=cl_/max(len(jl),1),cr_/max(len(jr),1)
    lead=(0 in f.left_rest)+(0 in f.right_rest)
    trail=(len(lb)-1 in f.left_rest)+(len(rb)-1 in f.right_rest)
    allb.sort();second=allb[-2]
    sa=0
    for X,Y,rest in((L,R,f.left_rest),(R,L,f.right_rest)):
        i1,i2=initials(Y.spoken)
        for i in rest:
            w=X.written[i]
            if 2<=len(w)<=8 and (w in i1 or w in i2): sa=max(sa,len(w))
    aside=0
    for X,Y in((L,R),(R,L)):
        if X.aside: aside=max(aside,1+(len(Y.words)==1 and Y.words[0] in X.aside))
    PL=tables.places()
    pl=[L.words[i] in PL for i in f.left_rest];pr=[R.words[i] in PL for i in f.right_rest]
    place=0
    if pl or pr:
        place=1*(any(pl) or any(pr))
        if any(pl) and any(pr): place=3
        elif place and all(pl) and all(pr): place=2
    psame=sum(w in PL for w in L.words)-sum(pl)
    # where do the rest words stand: 0 none, 1 only behind the linked, 2 only before, 3 mixed / per side
    def where(n,rest):
        if not rest: return 0
        linked=[i for i in range(n) if i not in rest]
        if not linked: return 4
        if min(rest)>max(linked): return 1
        if max(rest)<min(linked): return 2
        return 3
    w1,w2=sorted((where(len(lb),f.left_rest),where(len(rb),f.right_rest)))
    rkl=frozenset().union(*(O.get(L.words[i],()) for i in f.left_rest),*(O.get(R.words[i],()) for i in f.right_rest))
    rk=min((KL.index(x) for x in rkl),default=9 if rl or rr else 10)
    skl=frozenset().union(*(O.get(L.words[i],()) for k in f.links for i in k.left))
    sk=min((KL.index(x) for x in skl),default=9)
    cog=sum(k.kind is Kind.PART and k.closeness<.5 for k in f.links)
    return [min(cl,cr),max(cl,cr),min(sl,sr),max(sl,sr),shared,top,min(srl,srr),max(srl,srr),min(tl_,tr_),max(tl_,tr_),
      min(len(rl),len(rr)),max(len(rl),len(rr)),first,last,inv,forms,numbers,nsl,sclose,sknown,part,joined,acro,acrol,dice,
      min(len(lb),len(rb)),max(len(lb),len(rb)),gen,nsame,m,m/max(len(jl),len(jr),1),min(el,er),max(el,er),firstbits,p/max(m,1),
      kinds,ra,rb_,rd,trans,min(nlc,nrc),max(nlc,nrc),lead,trail,second,sliplen,0,0,sa,a_*10+b_,b_,topfirst,aside,int(not rl and not rr and min(cl,cr)>.999),stem,place,psame,w1*5+w2,w2,(soft_l+soft_r)/(tl+tr),(same_l+same_r)/(tl+tr),rk,top-min(tl_,tr_),cog,sk]
